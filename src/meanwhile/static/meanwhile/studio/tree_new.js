// @ts-check
/** The form of a new tree: without a record type, only an event can be chosen that needs none. */

const type = document.getElementById("id-model");
const events = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(".mw-event--of-record input")]);
const alone = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(".mw-event:not(.mw-event--of-record) input")]);

function offer() {
  const isAlone = type instanceof HTMLSelectElement && type.value === "-";
  for (const one of events) one.disabled = isAlone;
  if (isAlone && alone[0] && !alone.some((one) => one.checked)) alone[0].checked = true;
}

type?.addEventListener("change", offer);
offer();
