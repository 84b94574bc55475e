/** Component code in the ways of the framework's 2015 guide runs as it is, with the requests that the guide promises. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { $A as imported, createComponent } from "../../src/meanwhile/static/meanwhile/classic.js";
import { openPage, turn } from "./classic_page.mjs";

// Component code is an expression in a file of its own and knows `$A` as a global; here it is evaluated like that.
const load = (source) => (0, eval)(source);

const controller = load(`({
    doForeground : function(cmp, event, helper) {
        helper.say(cmp, 'Foreground 1');
        helper.say(cmp, 'Foreground 2');
    },

    doBackground : function(cmp, event, helper) {
        for (var i = 1; i <= 4; i++) {
            helper.say(cmp, 'Background ' + i, function(action) {
                action.setBackground();
            });
        }
    },

    doBoth : function(cmp, event, helper) {
        var back = cmp.get("c.doBackground");
        $A.enqueueAction(back);
        $A.enqueueAction(cmp.get("c.doForeground"));
    },

    doLater : function(cmp, event, helper) {
        window.setTimeout($A.getCallback(function() {
            if (cmp.isValid()) {
                helper.say(cmp, 'Later');
            }
        }), 0);
    },

    doCarelessly : function(cmp, event, helper) {
        helper.say(cmp, 'Before');
        throw new Error('careless');
    },

    doAll : function(cmp) {
        var action = cmp.get("c.echo");
        action.setParams({ message : cmp.get("v.greeting") });
        action.setCallback(this, function(response) {
            var state = response.getState();
            if (cmp.isValid() && state === "SUCCESS") {
                cmp.set("v.result", "From server: " + response.getReturnValue());
            } else if (cmp.isValid() && state === "INCOMPLETE") {
                cmp.set("v.result", "no answer");
            } else if (cmp.isValid() && state === "ERROR") {
                var errors = response.getError();
                if (errors) {
                    if (errors[0] && errors[0].message) {
                        cmp.set("v.result", "Error message: " + errors[0].message);
                    }
                } else {
                    cmp.set("v.result", "Unknown error");
                }
            }
        });
        $A.enqueueAction(action);
    }
})`);

const helper = load(`({
    say : function(cmp, text, configure) {
        var echo = { text : text, state : 'waiting' };
        var action = cmp.get("c.echo");
        action.setParams({ message : text });
        action.setCallback(this, function(a, b) {
            echo.state = a.getState();
            echo.value = a.getReturnValue();
            this.show(b, echo);
        });
        if ($A.util.isFunction(configure)) {
            configure(action);
        }
        $A.enqueueAction(action);
        var echoes = cmp.get("v.echoes");
        echoes.push(echo);
        cmp.set("v.echoes", echoes);
    },

    show : function(cmp, echo) {
        cmp.set("v.echoes", cmp.get("v.echoes"));
        cmp.set("v.last", echo.text);
    }
})`);

globalThis.window ??= globalThis;

function echoComponent(page) {
  return createComponent({ server: "echo", controller, helper, attributes: { echoes: [], greeting: "hello" }, queue: page.queue });
}

const states = (cmp) => cmp.get("v.echoes").map(({ text, state }) => `${text}: ${state}`);

test("component code finds $A as a global", () => {
  assert.equal(globalThis.$A, imported);
});

for (const [order, names] of Object.entries({
  "foreground then background": ["doForeground", "doBackground"],
  "background then foreground": ["doBackground", "doForeground"],
})) {
  test(`${order}: one foreground request and three background ones, the fourth when one has returned`, async () => {
    const page = openPage();
    const cmp = echoComponent(page);
    for (const name of names) cmp.invoke(name);
    assert.equal(page.requests.length, 0);
    await turn();
    assert.deepEqual(
      page.requests.map(({ lane, messages }) => [lane, messages]),
      [
        ["foreground", ["Foreground 1", "Foreground 2"]],
        ["background", ["Background 1"]],
        ["background", ["Background 2"]],
        ["background", ["Background 3"]],
      ],
    );
    assert.ok(cmp.get("v.echoes").every(({ state }) => state === "waiting"));
    page.requests[2].answer();
    await turn();
    assert.equal(page.requests.length, 5);
    assert.deepEqual(page.requests[4].messages, ["Background 4"]);
    for (const request of page.open()) request.answer();
    await turn();
    assert.equal(page.requests.length, 5);
    assert.equal(cmp.get("v.echoes").length, 6);
    for (const { text, state, value } of cmp.get("v.echoes")) assert.deepEqual([state, value], ["SUCCESS", text]);
    assert.deepEqual(page.reported, []);
  });
}

test("client-side actions that are enqueued run in order, and what they enqueue goes in the same flush", async () => {
  const page = openPage();
  echoComponent(page).invoke("doBoth");
  await turn();
  assert.deepEqual(page.requests.map(({ messages }) => messages.join()), [
    "Foreground 1,Foreground 2",
    "Background 1",
    "Background 2",
    "Background 3",
  ]);
});

test("what is enqueued before the code throws is sent", async () => {
  const page = openPage();
  const cmp = echoComponent(page);
  assert.throws(() => cmp.invoke("doCarelessly"), /careless/);
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual(states(cmp), ["Before: SUCCESS"]);
});

test("a timer's callback enqueues like any other code", async () => {
  const page = openPage();
  const cmp = echoComponent(page);
  cmp.invoke("doLater");
  await new Promise((done) => setTimeout(done, 5));
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual(states(cmp), ["Later: SUCCESS"]);
});

for (const [name, finish, result] of [
  ["value", (request) => request.answer(), "From server: hello"],
  [
    "error's message",
    (request) => request.answer(() => ({ state: "ERROR", error: { code: "user_error", message: "No seat is left." } })),
    "Error message: No seat is left.",
  ],
  ["lack of an answer", (request) => request.fail(), "no answer"],
]) {
  test(`the guide's way of looking at states shows the ${name}`, async () => {
    const page = openPage();
    const cmp = echoComponent(page);
    cmp.invoke("doAll");
    await turn();
    finish(page.requests[0]);
    await turn();
    assert.equal(cmp.get("v.result"), result);
  });
}
