// @ts-check
/**
 * Forms with `data-mw-keep`: what was typed is kept in the browser, over reloads and logins, until a sent form has led to
 * another page with this module. A page to log in is none of them: a form that was sent too late is still there after it.
 */

const SENT = "mw-studio:form:sent";

const forms = document.querySelectorAll("form[data-mw-keep]");
for (const form of forms) if (form instanceof HTMLFormElement) keep(form);
if (!forms.length) forget();

function forget() {
  sessionStorage.removeItem(sessionStorage.getItem(SENT) ?? "");
  sessionStorage.removeItem(SENT);
}

/** @param {HTMLFormElement} form */
function keep(form) {
  const place = `mw-studio:form:${form.dataset.mwKeep}:${location.pathname}${location.search}`;
  if (sessionStorage.getItem(SENT) === place) sessionStorage.removeItem(SENT); // it was refused, or sent too late
  const kept = read(place);
  for (const [name, value] of kept) {
    const control = form.elements.namedItem(name);
    if (control instanceof RadioNodeList) control.value = value;
    else if (isText(control) && !control.value) control.value = value;
    else if (control instanceof HTMLSelectElement) control.value = value;
  }
  form.addEventListener("input", () => {
    const typed = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
    sessionStorage.setItem(place, JSON.stringify(typed));
  });
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, place));
}

/** @param {string} place @returns {[string, string][]} */
function read(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {any} control @returns {control is HTMLInputElement | HTMLTextAreaElement} */
function isText(control) {
  return control instanceof HTMLTextAreaElement || (control instanceof HTMLInputElement && control.type !== "hidden");
}
