// @ts-check
/** What a component's functions get as their event, and what they fire themselves. */

export class ClassicEvent {
  /** @type {Record<string, any>} */
  #params = {};

  /**
   * @param {string} name
   * @param {any} source the component it comes from
   * @param {(event: ClassicEvent) => void} [deliver] calls who listens
   */
  constructor(name, source, deliver) {
    this.getName = () => name;
    this.getSource = () => source;
    this.fire = () => deliver?.(this);
  }

  /** @param {string} name @param {any} value */
  setParam(name, value) {
    return this.setParams({ [name]: value });
  }

  /** @param {Record<string, any>} params added to those that are set */
  setParams(params) {
    Object.assign(this.#params, params);
    return this;
  }

  /** @param {string} name */
  getParam(name) {
    return this.#params[name];
  }

  getParams() {
    return this.#params;
  }
}
