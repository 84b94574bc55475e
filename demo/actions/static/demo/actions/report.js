// @ts-check
/** The page of the reports: orders them, and follows those that are still being built, also after a reload. */

import { queue, server } from "../../meanwhile/client.js";
import { part, text as pageText, watch } from "./page.js";
import { Card } from "./report_card.js";

const order = /** @type {HTMLFormElement} */ (part(document, "order"));
const list = part(document, "reports");

watch();
order.addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = /** @type {import("./report_card.js").Wanted} */ (Object.fromEntries(new FormData(order)));
  const card = new Card(wanted);
  list.prepend(card.root);
  part(document, "none").hidden = true;
  const { progress } = card;
  void card.follow(server.report.build.background(wanted, { onDurable: (id) => card.queued(id), onProgress: progress }));
});
try {
  await showEarlier();
} catch (error) {
  part(document, "total").textContent = pageText("notShown", { REASON: String(error) });
}
part(order, "build").removeAttribute("disabled");

async function showEarlier() {
  const earlier = await queue.durable("report.build");
  part(document, "none").hidden = earlier.length > 0;
  for (const { id, state, params, progress, text, value, error } of earlier) {
    const card = new Card(params ?? {});
    list.append(card.root);
    if (state === "SUCCESS") card.done(value);
    else if (state === "ERROR" || state === "CANCELLED") card.ended(state, error?.message);
    else {
      card.queued(id);
      if (state === "RUNNING") card.progress(progress, text);
      void card.follow(server.report.build.resume(id, { onProgress: card.progress }));
    }
  }
}
