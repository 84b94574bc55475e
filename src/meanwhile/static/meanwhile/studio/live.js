// @ts-check
/**
 * What htmx leaves to do for pages that follow what they show (`.mw-live`). htmx asks, every so many seconds and when a
 * person is back; compares tags; morphs what is new into the page; sends what a person does, and keeps the addresses.
 * It can't be slower in a hidden tab or without a connection without code in attributes, which the policy forbids; it
 * shows a refusal as if it were the part; a focused element that it takes away takes the focus along. These are here.
 */

import { createPace } from "./pace.js";
import { toast } from "./tell.js";

/**
 * @typedef {object} Context of one of htmx's requests, as far as it is looked at here
 * @property {Element} sourceElement
 * @property {Event} [sourceEvent]
 * @property {{submitter?: HTMLElement | null, signal: AbortSignal}} request
 * @property {{status: number, headers: Headers}} [response]
 * @property {string} [text]
 */
/** @typedef {{ctx: Context, error?: Error, tasks?: {type: string, fragment: DocumentFragment, swapSpec: {style: string}}[]}} Detail */

const TRIES_AT_MOST = 0.9; // of the time after which htmx gives up: a request that ended sooner gave way to another

/** @type {WeakMap<Element, ReturnType<typeof createPace>>} */
const paces = new WeakMap();
/** @type {Map<Context, number>} when it was sent; without those of live parts */
const sent = new Map();
/** @type {{focused: HTMLElement, way: Element[]} | undefined} */
let held;

on("htmx:config:request", ({ ctx }, event) => {
  const source = ctx.sourceElement;
  const button = buttonOf(ctx);
  if (isLive(source)) {
    const isTick = ctx.sourceEvent?.type === "every";
    // What a person does is shown by its own answer, and not by one that was asked for before.
    if (sent.size || !paceOf(source).mayAsk(everyOf(source), isTick)) event.preventDefault();
  } else if (button?.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
  }
});

on("htmx:before:request", ({ ctx }) => {
  if (!isLive(ctx.sourceElement)) sent.set(ctx, performance.now());
  // Not really disabled: it would lose the focus.
  buttonOf(ctx)?.setAttribute("aria-disabled", "true");
});

on("htmx:after:request", ({ ctx }) => {
  if ((ctx.response?.status ?? 500) >= 400) return;
  const reached = isLive(ctx.sourceElement) ? [ctx.sourceElement] : document.querySelectorAll(".mw-live");
  for (const live of reached) paceOf(live).heard();
  tell(ctx.sourceElement);
});

on("htmx:response:error", ({ ctx }) => {
  const status = ctx.response?.status ?? 0;
  const isTold = ctx.response?.headers.get("Content-Type")?.startsWith("text/plain");
  const why = (isTold && ctx.text) || words("gone");
  const way = wayToLogIn(ctx);
  if (!isLive(ctx.sourceElement)) toast(why, "error", way);
  else if (status >= 500) missed(ctx.sourceElement);
  else stop(ctx.sourceElement, why, way);
});

on("htmx:error", ({ ctx, error }) => {
  if (!ctx?.request || (error?.name === "AbortError" && gaveWay(ctx))) return;
  if (isLive(ctx.sourceElement)) missed(ctx.sourceElement);
  else toast(words("unsent"), "error");
});

on("htmx:finally:request", ({ ctx }) => {
  sent.delete(ctx);
  buttonOf(ctx)?.removeAttribute("aria-disabled");
});

on("htmx:before:swap", ({ ctx, tasks }, event) => {
  const main = tasks?.find((task) => task.type === "main" && task.swapSpec.style.endsWith("Morph"));
  // Whatever else stands between here and the server may answer with a page of its own, such as one to log in.
  if (main && !main.fragment.querySelector(".mw-live")) {
    event.preventDefault();
    stop(ctx.sourceElement, words("gone"));
    return;
  }
  if (main) closeMenu(buttonOf(ctx));
  const focused = document.activeElement;
  held = focused instanceof HTMLElement && focused !== document.body ? { focused, way: wayTo(focused) } : undefined;
});

on("htmx:after:swap", () => {
  if (!held || document.activeElement === held.focused) return;
  const { focused, way } = held;
  (focused.isConnected ? focused : nearest(way)).focus({ preventScroll: true });
});

/**
 * @param {string} name
 * @param {(detail: Detail, event: Event) => void} listener
 */
function on(name, listener) {
  document.addEventListener(name, (event) => listener(/** @type {CustomEvent<Detail>} */ (event).detail, event));
}

/** @param {Element} element */
function isLive(element) {
  return element.classList.contains("mw-live");
}

/** @param {Element} live @returns {ReturnType<typeof createPace>} */
function paceOf(live) {
  const pace = paces.get(live) ?? createPace();
  paces.set(live, pace);
  return pace;
}

/** @param {Element} live */
function everyOf(live) {
  return live instanceof HTMLElement ? Number(live.dataset.every) || 0 : 0;
}

/** @param {Context} ctx */
function buttonOf(ctx) {
  return ctx.request.submitter;
}

/** @param {Context} ctx whether its request was ended for another one, and not for its length */
function gaveWay(ctx) {
  const limit = Number(/** @type {any} */ (window).htmx.config.defaultTimeout);
  const since = sent.get(ctx);
  return since === undefined ? sent.size > 0 : performance.now() - since < limit * TRIES_AT_MOST;
}

/** @param {Element} live */
function missed(live) {
  const pause = paceOf(live).missed(everyOf(live));
  tell(live, words("offline").replace("SECONDS", String(Math.ceil(pause / 1000))));
}

/**
 * @param {Element} live
 * @param {string} why
 * @param {HTMLElement | null} [way] what leads out of it
 */
function stop(live, why, way = null) {
  paceOf(live).stop();
  tell(live, why, way);
}

/** A link to log in and come back here, where the server says that the session has ended. @param {Context} ctx */
function wayToLogIn(ctx) {
  const address = ctx.response?.headers.get("Meanwhile-Log-In");
  if (!address) return null;
  const link = document.createElement("a");
  link.className = "mw-button mw-button--small";
  link.href = address;
  link.textContent = words("login");
  return link;
}

/**
 * Says above the page's live part what is wrong with it.
 *
 * @param {Element} source
 * @param {string} [text]
 * @param {HTMLElement | null} [way] what leads out of it
 */
function tell(source, text = "", way = null) {
  const place = document.getElementById("mw-offline");
  if (!place || source.id === "plots" || place.dataset.told === text) return;
  place.dataset.told = text;
  place.replaceChildren(...(text ? [text] : []), ...(way ? [" ", way] : []));
}

/** @param {"offline" | "unsent" | "gone" | "login"} name */
function words(name) {
  return document.getElementById("mw-offline")?.dataset[name] ?? "";
}

/** @param {HTMLElement | null | undefined} button what was done is done; the focus goes where the menu was opened */
function closeMenu(button) {
  const menu = button?.closest("details");
  if (!menu?.open) return;
  const summary = menu.querySelector("summary");
  if (menu.contains(document.activeElement)) summary?.focus({ preventScroll: true });
  menu.open = false;
}

/** @param {Element} element */
function wayTo(element) {
  const way = [];
  for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) way.push(one);
  return way;
}

/**
 * What is left around the place where the focus was.
 *
 * @param {Element[]} way
 * @returns {HTMLElement}
 */
function nearest(way) {
  for (const one of way.filter((element) => element.isConnected && document.body.contains(element))) {
    const found = one.querySelector("a[href], button:not(:disabled), summary, input, select, textarea, [tabindex]");
    if (found instanceof HTMLElement) return found;
  }
  return document.getElementById("content") ?? document.body;
}
