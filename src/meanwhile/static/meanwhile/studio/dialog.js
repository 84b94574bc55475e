// @ts-check
/**
 * Dialogs: a button with `data-mw-opens` (the id of a `<dialog>`) opens it, one with `data-mw-closes` inside closes it,
 * as do Escape and a click beside it. The browser gives the focus back to where it was.
 */

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const opener = event.target.closest("[data-mw-opens]");
  if (opener instanceof HTMLElement) {
    const dialog = document.getElementById(opener.dataset.mwOpens ?? "");
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
    return;
  }
  if (event.target.closest("[data-mw-closes]")) event.target.closest("dialog")?.close();
  else if (event.target instanceof HTMLDialogElement) event.target.close();
});
