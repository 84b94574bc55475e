// @ts-check
/**
 * A text field with a list of suggestions, for every keyboard and screen reader: the focus stays in the field, and
 * `aria-activedescendant` says which suggestion the arrow keys are at.
 *
 * @template Option
 */
export class Combobox {
  #at = -1;
  /** @type {Option[]} */
  #options = [];

  /**
   * @param {HTMLInputElement} field with `role="combobox"` and `aria-controls`
   * @param {{
   *   label: (option: Option) => string,
   *   detail: (option: Option) => string,
   *   onType: (text: string) => void,
   *   onChoose: (option: Option) => void,
   * }} given
   */
  constructor(field, given) {
    this.field = field;
    this.given = given;
    this.list = /** @type {HTMLElement} */ (document.getElementById(field.getAttribute("aria-controls") ?? ""));
    field.addEventListener("input", () => given.onType(field.value));
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.close());
    // Before the field loses the focus, which would close the list under the pointer.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => {
      const item = target instanceof Element && target.closest("[role=option]");
      if (item) this.#choose([...this.list.children].indexOf(item));
    });
  }

  /** @param {Option[]} options what is suggested now */
  show(options) {
    this.#options = options;
    this.list.replaceChildren(...options.map((option, index) => this.#item(option, index)));
    this.#open(options.length > 0 && document.activeElement === this.field);
  }

  close() {
    this.#open(false);
  }

  /** @param {boolean} open */
  #open(open) {
    this.list.hidden = !open;
    this.field.setAttribute("aria-expanded", String(open));
    this.#go(-1);
  }

  /** @param {Option} option @param {number} index */
  #item(option, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.role = "option";
    item.ariaSelected = "false";
    const detail = document.createElement("small");
    detail.textContent = this.given.detail(option);
    item.append(this.given.label(option), " ", detail);
    return item;
  }

  /** @param {number} index of the suggestion that Enter would take; -1 for none */
  #go(index) {
    this.#at = index;
    [...this.list.children].forEach((item, number) => {
      item.ariaSelected = String(number === index);
      if (number === index) item.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const { length } = this.#options;
    const open = !this.list.hidden;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp": {
        event.preventDefault();
        if (!length) return;
        const down = event.key === "ArrowDown";
        if (!open) this.#open(true);
        // Beyond either end is the field itself, and beyond that the other end.
        if (this.#at < 0) this.#go(down ? 0 : length - 1);
        else this.#go(this.#at + (down ? 1 : -1) < length ? this.#at + (down ? 1 : -1) : -1);
        return;
      }
      case "Enter":
        if (open && this.#at >= 0) {
          event.preventDefault();
          this.#choose(this.#at);
        }
        return;
      case "Escape":
        event.preventDefault();
        if (open) this.close();
        else {
          this.field.value = "";
          this.given.onType("");
        }
        return;
    }
  }

  /** @param {number} index */
  #choose(index) {
    const option = this.#options[index];
    this.field.value = this.given.label(option);
    this.close();
    this.given.onChoose(option);
  }
}
