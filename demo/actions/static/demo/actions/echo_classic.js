// @ts-check
/** The two examples as a component of the 2015 framework: a controller and a helper, plain objects of functions. */

import { $A } from "../../meanwhile/classic.js";

/** @typedef {ReturnType<typeof import("../../meanwhile/classic.js").createComponent>} Component */

/** @type {import("../../meanwhile/classic.js").Controller} */
export const controller = {
  foregroundFirst: function (cmp, event, helper) {
    helper.callForeground(cmp);
    helper.callBackground(cmp);
  },

  backgroundFirst: function (cmp, event, helper) {
    helper.callBackground(cmp);
    helper.callForeground(cmp);
  },
};

export const helper = {
  /** @param {Component} cmp */
  callForeground: function (cmp) {
    for (var number = 1; number <= 2; number++) {
      $A.enqueueAction(this.echo(cmp, "Foreground " + number));
    }
  },

  /** @param {Component} cmp */
  callBackground: function (cmp) {
    for (var number = 1; number <= 4; number++) {
      var action = this.echo(cmp, "Background " + number);
      action.setBackground();
      $A.enqueueAction(action);
    }
  },

  /** @param {Component} cmp @param {string} message */
  echo: function (cmp, message) {
    var action = cmp.get("c.echo");
    action.setParams({ message: message });
    action.setCallback(this, function (/** @type {any} */ response) {
      var said = response.getState() === "SUCCESS" ? response.getReturnValue() : response.getError()[0].message;
      cmp.set("v.said", cmp.get("v.said").concat({ text: said, state: response.getState() }));
    });
    return action;
  },
};
