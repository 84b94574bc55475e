// @ts-check
/** Says one sentence to a screen reader, and to nobody else. */

/** @param {string} text what a screen reader says, politely */
export function say(text) {
  const said = document.getElementById("mw-said");
  if (!said) return;
  // The same sentence twice is two changes of the region, or it is not read again.
  said.textContent = "";
  setTimeout(() => (said.textContent = text.trim()), 50);
}
