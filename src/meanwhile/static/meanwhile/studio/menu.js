// @ts-check
/** Menus (`<details class="mw-menu">`): one is open at a time; Escape, and a click or the focus elsewhere, close it. */

/** @param {Node | null} but */
function closeAll(but) {
  for (const menu of document.querySelectorAll("details.mw-menu[open]")) {
    if (!(but && menu.contains(but))) menu.removeAttribute("open");
  }
}

document.addEventListener("click", (event) => closeAll(event.target instanceof Node ? event.target : null));
document.addEventListener("focusin", (event) => closeAll(event.target instanceof Node ? event.target : null));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.mw-menu[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  const summary = menu.querySelector("summary");
  if (summary instanceof HTMLElement) summary.focus();
});
