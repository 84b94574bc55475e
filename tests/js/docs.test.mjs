/** The JavaScript that the documentation shows can be typed in: every block parses as a module, and what it imports is there. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const STATIC = join(ROOT, "src", "meanwhile", "static");
const IMPORTED = /^import \{([^}]+)\} from "(?:\.\.?\/(?:static\/)?)?(meanwhile(?:\/[\w.]+)?)"/gm;

const folder = mkdtempSync(join(tmpdir(), "meanwhile-docs-"));
after(() => rmSync(folder, { recursive: true }));

const pages = [
  join(ROOT, "README.md"),
  ...readdirSync(join(ROOT, "docs"), { recursive: true })
    .filter((name) => name.endsWith(".md") && !name.startsWith("_build"))
    .map((name) => join(ROOT, "docs", name)),
];

for (const page of pages) {
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```(?:js|\{code-block\} js)\n(.*?)^```$/gms)];
  blocks.forEach(([, source], index) => {
    test(`${page.slice(ROOT.length)}, block ${index + 1}`, async () => {
      const file = join(folder, "block.mjs");
      writeFileSync(file, source);
      const { status, stderr } = spawnSync(process.execPath, ["--check", file], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      for (const [, names, module] of source.matchAll(IMPORTED)) {
        const place = join(STATIC, module === "meanwhile" ? "meanwhile/client.js" : module);
        assert.ok(existsSync(place), place);
        const exported = await import(place);
        for (const name of names.split(",")) assert.ok(name.trim() in exported, `${module} has no ${name}`);
      }
    });
  });
}
