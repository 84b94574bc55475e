// @ts-check
/** The page of the two examples: buttons, and a line for each call that came back. */

import { createComponent } from "../../meanwhile/classic.js";
import "../../meanwhile/inspector.js";
import { controller, helper } from "./echo_classic.js";
import * as promise from "./echo_promise.js";
import { decimal, part, text as pageText, watch } from "./page.js";

/** @typedef {"foregroundFirst" | "backgroundFirst"} Example */

const CALLS = 6;

watch();
face("promise", (example, said) => {
  for (const call of promise[example]()) {
    call.then((text) => said(text, "SUCCESS"), ({ message, state }) => said(message, state));
  }
});
face("classic", (example, said) => {
  const cmp = createComponent({ server: "echo", controller, helper, attributes: { said: [] } });
  cmp.addValueHandler({
    value: "v.said",
    method: (event) => {
      const { text, state } = event.getParam("value").at(-1);
      said(text, state);
    },
  });
  cmp.invoke(example);
});

/**
 * @param {string} name
 * @param {(example: Example, said: (text: string, state: string) => void) => void} run
 */
function face(name, run) {
  const root = part(document, `face="${name}"`);
  const list = part(root, "said");
  for (const button of root.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      const pressed = performance.now();
      let back = 0;
      list.replaceChildren();
      part(root, "total").textContent = "";
      run(/** @type {Example} */ (button.dataset.run), (text, state) => {
        const seconds = decimal((performance.now() - pressed) / 1000);
        list.append(line(text, state, `${seconds} s`));
        if (++back === CALLS) part(root, "total").textContent = pageText("allBack", { NUMBER: CALLS, SECONDS: seconds });
      });
    });
  }
}

/** @param {string} text @param {string} state @param {string} seconds */
function line(text, state, seconds) {
  const item = document.createElement("li");
  item.dataset.lane = text.split(" ")[0].toLowerCase();
  item.dataset.state = state;
  item.append(text, Object.assign(document.createElement("span"), { textContent: state === "SUCCESS" ? seconds : `${state}, ${seconds}` }));
  return item;
}
