/** The rules of the classic face, one by one, on a real queue and a network of the test. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { $A, createComponent } from "../../src/meanwhile/static/meanwhile/classic.js";
import { createStorage } from "../../src/meanwhile/static/meanwhile/storage.js";
import { openPage, turn } from "./classic_page.mjs";

const component = (page, options = {}) => createComponent({ server: "echo", queue: page.queue, ...options });

function echo(cmp, message = "hi") {
  const action = cmp.get("c.echo");
  action.setParams({ message });
  return action;
}

/** Registers a callback for each state and notes which were called. */
function listen(action, states = ["SUCCESS", "ERROR", "INCOMPLETE", "ABORTED"]) {
  const called = [];
  for (const state of states) action.setCallback(null, () => called.push(state), state);
  return called;
}

// --- attributes ---

test("an attribute is read and set by its path", () => {
  const cmp = component(openPage(), { attributes: { order: { lines: [{ price: 3 }] } } });
  assert.equal(cmp.get("v.order.lines[0].price"), 3);
  cmp.set("v.order.lines.1.price", 4);
  cmp.set("v.new.deep.list[0]", "x");
  assert.deepEqual(cmp.get("v.order"), { lines: [{ price: 3 }, { price: 4 }] });
  assert.deepEqual(cmp.get("v.new"), { deep: { list: ["x"] } });
  assert.equal(cmp.get("{!v.order.lines[1].price}"), 4);
  assert.equal(cmp.get("v.nothing.at.all"), undefined);
});

test("components made of the same attributes don't share them", () => {
  const attributes = { text: "first" };
  const [one, other] = [component(openPage(), { attributes }), component(openPage(), { attributes })];
  one.set("v.text", "changed");
  assert.equal(other.get("v.text"), "first");
});

test("only attributes and actions can be got, only attributes set", () => {
  const cmp = component(openPage());
  assert.throws(() => cmp.get("x.name"), /not "x\.name"/);
  assert.throws(() => cmp.set("c.name", 1), /not "c\.name"/);
  assert.throws(() => cmp.set("v", {}), /not "v"/);
});

test("a change handler hears of its value, of its parts and of what holds it, and of nothing else", () => {
  const cmp = component(openPage(), { attributes: { order: { price: 1 }, orders: [] } });
  const heard = [];
  const handler = { value: "v.order", method: (event) => heard.push([event.getParam("expression"), event.getParam("value").price]) };
  const inside = [];
  cmp.addValueHandler(handler);
  cmp.addValueHandler({ value: "v.order.price", method: (event) => inside.push(event.getParam("value")) });
  cmp.set("v.order.price", 2);
  cmp.set("v.order", { price: 3 });
  cmp.set("v.orders", [1]);
  assert.deepEqual(heard, [["v.order.price", 2], ["v.order", 3]]);
  assert.deepEqual(inside, [2, 3]);
  cmp.removeValueHandler(handler);
  cmp.set("v.order.price", 4);
  assert.equal(heard.length, 2);
});

// --- functions of the controller ---

test("invoke calls f(cmp, event, helper) with the helper's functions bound to the helper", () => {
  const event = { mine: true };
  const helper = {
    name: "helper",
    whoAmI() {
      return this.name;
    },
  };
  const controller = {
    click(...all) {
      return [...all, all[2].whoAmI()];
    },
  };
  const cmp = component(openPage(), { controller, helper });
  assert.deepEqual(cmp.invoke("click", event), [cmp, event, helper, "helper"]);
  assert.equal(cmp.invoke("click")[1].getSource(), cmp);
});

test("a function that isn't there can't be invoked, nor one that every object has", () => {
  const cmp = component(openPage(), { controller: {} });
  assert.throws(() => cmp.invoke("missing"), /no function "missing"/);
  assert.throws(() => cmp.invoke("toString"), /no function "toString"/);
});

test("the own controller's function goes before the server's method of that name", async () => {
  const page = openPage();
  const calls = [];
  const cmp = component(page, { controller: { echo: (_cmp, event) => calls.push(event.getParam("message")) } });
  $A.enqueueAction(echo(cmp, "here"));
  assert.deepEqual(calls, []);
  await turn();
  assert.deepEqual(calls, ["here"]);
  assert.equal(page.requests.length, 0);
});

test("a controller's functions may be methods of a class", () => {
  class Controller {
    click() {
      return "clicked";
    }
  }
  const cmp = component(openPage(), { controller: new Controller() });
  assert.equal(cmp.invoke("click"), "clicked");
  assert.throws(() => cmp.invoke("constructor"), /no function/);
});

test("all options of a component may be left out", () => {
  assert.equal(createComponent().isValid(), true);
});

test("a client-side action's callback that throws is reported, and stops nothing", async (t) => {
  const { mock } = t.mock.method(console, "error", () => {});
  const cmp = component(openPage(), { controller: { mine: () => 1 } });
  const [one, other] = [cmp.get("c.mine"), cmp.get("c.mine")];
  one.setCallback(null, () => {
    throw new Error("careless");
  });
  const called = listen(other);
  $A.enqueueAction(one);
  $A.enqueueAction(other);
  await turn();
  assert.deepEqual([mock.calls.map((call) => call.arguments[0].message), called], [["careless"], ["SUCCESS"]]);
});

test("setAbortable(false) takes it back", () => {
  const action = component(openPage()).get("c.echo");
  for (const [argument, expected] of [[undefined, true], [false, false], [true, true], [null, true]]) {
    action.setAbortable(argument);
    assert.equal(action.isAbortable(), expected);
  }
});

test("without a server a name that the controller hasn't is an error", () => {
  assert.throws(() => createComponent({ queue: openPage().queue }).get("c.echo"), /Unknown controller action "echo"/);
});

test("a client-side action has states, a value and callbacks too", async () => {
  const cmp = component(openPage(), { controller: { add: () => 5 } });
  const action = cmp.get("c.add");
  const called = listen(action);
  assert.equal(action.getState(), "NEW");
  $A.enqueueAction(action);
  assert.equal(action.getState(), "RUNNING");
  await turn();
  assert.deepEqual([action.getState(), action.getReturnValue(), called], ["SUCCESS", 5, ["SUCCESS"]]);
});

test("a client-side action that throws is ERROR and tells what", async (t) => {
  const report = t.mock.method(console, "error", () => {});
  const cmp = component(openPage(), { controller: { fail: () => { throw new Error("broken"); } } });
  const action = cmp.get("c.fail");
  const called = listen(action);
  $A.enqueueAction(action);
  await turn();
  assert.deepEqual([action.getState(), action.getError()[0].message, called], ["ERROR", "broken", ["ERROR"]]);
  assert.equal(report.mock.callCount(), 1);
});

test("a client-side action of a component that is gone by then is ABORTED and does not run", async () => {
  let ran = false;
  const cmp = component(openPage(), { controller: { work: () => (ran = true) } });
  const action = cmp.get("c.work");
  const called = listen(action);
  $A.enqueueAction(action);
  cmp.destroy();
  await turn();
  assert.deepEqual([ran, called], [false, ["ABORTED"]]);
});

test("run calls a client-side action at once, and refuses one of the server's", () => {
  const cmp = component(openPage(), { controller: { twice: (_cmp, event) => 2 * event.getParam("number") } });
  const action = cmp.get("c.twice");
  action.setParam("number", 4);
  action.run();
  assert.deepEqual([action.getState(), action.getReturnValue()], ["SUCCESS", 8]);
  assert.throws(() => cmp.get("c.echo").run(), /runs on the server/);
});

// --- parameters ---

test("setParams replaces, setParam adds, and what is set until the flush is sent", async () => {
  const page = openPage();
  const action = component(page).get("c.echo");
  const given = { first: 1 };
  action.setParams(given);
  action.setParams({ second: 2 });
  action.setParam("third", 3);
  assert.deepEqual([action.getParams(), action.getParam("third"), given], [{ second: 2, third: 3 }, 3, { first: 1 }]);
  $A.enqueueAction(action);
  action.setParam("fourth", 4);
  await turn();
  assert.deepEqual(page.requests[0].actions[0], { id: action.getId(), action: "echo.echo", params: { second: 2, third: 3, fourth: 4 } });
});

test("parameters are an object or nothing", () => {
  const action = component(openPage()).get("c.echo");
  assert.throws(() => action.setParams("hi"), TypeError);
  action.setParams(undefined);
  assert.deepEqual(action.getParams(), {});
});

test("each get is a new action with an id of its own and the method's name", () => {
  const cmp = component(openPage());
  const [one, other] = [cmp.get("c.echo"), cmp.get("c.echo")];
  assert.notEqual(one.getId(), other.getId());
  assert.deepEqual([one.getName(), one.getComponent()], ["echo", cmp]);
});

// --- callbacks ---

test("a callback gets the action and the component, with the scope as this", async () => {
  const page = openPage();
  const cmp = component(page);
  const action = echo(cmp);
  const scope = {};
  let got;
  action.setCallback(scope, function (...all) {
    got = [this, ...all];
  });
  $A.enqueueAction(action);
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual(got.map((each, index) => each === [scope, action, cmp][index]), [true, true, true]);
});

const ENDS = {
  SUCCESS: (page) => page.requests[0].answer(),
  ERROR: (page) => page.requests[0].answer(() => ({ state: "ERROR", error: { code: "forbidden", message: "No." } })),
  INCOMPLETE: (page) => page.requests[0].fail(),
  ABORTED: (page, cmp) => {
    cmp.destroy();
    page.requests[0].answer();
  },
};

for (const [state, end] of Object.entries(ENDS)) {
  for (const all of [undefined, "ALL"]) {
    test(`setCallback for ${all ?? "no state"} ${state === "ABORTED" ? "does not hear" : "hears"} of ${state}`, async () => {
      const page = openPage();
      const cmp = component(page);
      const action = echo(cmp);
      const heard = [];
      action.setCallback(null, () => heard.push(action.getState()), all);
      $A.enqueueAction(action);
      await turn();
      end(page, cmp);
      await turn();
      assert.equal(action.getState(), state);
      assert.deepEqual(heard, state === "ABORTED" ? [] : [state]);
    });
  }

  test(`a callback for ${state} hears of that alone`, async () => {
    const page = openPage();
    const cmp = component(page);
    const action = echo(cmp);
    const called = listen(action);
    $A.enqueueAction(action);
    await turn();
    end(page, cmp);
    await turn();
    assert.deepEqual(called, [state]);
  });
}

test("the last registration for a state wins", async () => {
  const page = openPage();
  const action = echo(component(page));
  const called = [];
  action.setCallback(null, () => called.push("first"), "SUCCESS");
  action.setCallback(null, () => called.push("all"));
  action.setCallback(null, () => called.push("last"), "SUCCESS");
  action.setCallback(null, () => called.push("error"), "ERROR");
  $A.enqueueAction(action);
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual(called, ["last"]);
});

test("an unknown state or a callback that is no function throws and changes nothing", async () => {
  const page = openPage();
  const action = echo(component(page));
  const called = listen(action);
  for (const state of ["DONE", "success", "RUNNING", "NEW", "toString", null]) {
    assert.throws(() => action.setCallback(null, () => {}, state), TypeError, String(state));
  }
  for (const callback of [undefined, null, "echo", {}]) assert.throws(() => action.setCallback(null, callback), TypeError);
  $A.enqueueAction(action);
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual(called, ["SUCCESS"]);
});

test("a callback that throws is reported and stops no other", async () => {
  const page = openPage();
  const cmp = component(page);
  const [one, other] = [echo(cmp), echo(cmp)];
  one.setCallback(null, () => { throw new Error("careless"); });
  const called = listen(other);
  $A.enqueueAction(one);
  $A.enqueueAction(other);
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual([page.reported.map(String), called], [["Error: careless"], ["SUCCESS"]]);
});

test("the errors are a list of objects with a message, empty when there is none", async () => {
  const page = openPage();
  const action = echo(component(page));
  assert.deepEqual(action.getError(), []);
  $A.enqueueAction(action);
  await turn();
  page.requests[0].answer(() => ({ state: "ERROR", error: { code: "invalid", message: "Wrong.", fields: { message: ["Too long."] } } }));
  await turn();
  const [{ code, message, fields }] = action.getError();
  assert.deepEqual([code, message, fields], ["invalid", "Wrong.", { message: ["Too long."] }]);
});

// --- enqueueing ---

for (const [kind, name] of Object.entries({ "server's": "echo", "client-side": "mine" })) {
  test(`a ${kind} action enqueued twice is an error at the second call and calls back once`, async () => {
    const page = openPage();
    const action = component(page, { controller: { mine: () => 1 } }).get(`c.${name}`);
    const called = listen(action);
    $A.enqueueAction(action);
    assert.throws(() => $A.enqueueAction(action), Error);
    await turn();
    for (const request of page.open()) request.answer();
    await turn();
    assert.throws(() => $A.enqueueAction(action), Error);
    await turn();
    assert.deepEqual(called, ["SUCCESS"]);
  });
}

test("only an action can be enqueued", () => {
  for (const nothing of [undefined, null, {}, "c.echo"]) assert.throws(() => $A.enqueueAction(nothing), TypeError);
});

test("setBackground counts after enqueueing in the same turn, whatever its argument, and there is no way back", async () => {
  const page = openPage();
  const action = echo(component(page));
  $A.enqueueAction(action);
  assert.equal(action.isBackground(), false);
  action.setBackground(false);
  action.setBackground(undefined);
  assert.equal(action.isBackground(), true);
  await turn();
  assert.equal(page.requests[0].lane, "background");
});

test("enqueueAction's second argument makes it a background action", async () => {
  const page = openPage();
  $A.enqueueAction(echo(component(page)), true);
  await turn();
  assert.equal(page.requests[0].lane, "background");
});

// --- a component that is gone ---

test("an abortable action of a destroyed component is not sent and ends ABORTED", async () => {
  const page = openPage();
  const cmp = component(page);
  const action = echo(cmp);
  action.setAbortable();
  const called = listen(action);
  $A.enqueueAction(action);
  cmp.destroy();
  await turn();
  assert.deepEqual([page.requests.length, called, action.isAbortable(), cmp.isValid()], [0, ["ABORTED"], true, false]);
});

test("an abortable one that waits for a slot is dropped at the next flush", async () => {
  const page = openPage();
  const [cmp, other] = [component(page), component(page)];
  $A.enqueueAction(echo(other, "first"));
  await turn();
  const action = echo(cmp);
  action.setAbortable();
  const called = listen(action);
  $A.enqueueAction(action);
  await turn();
  cmp.destroy();
  $A.enqueueAction(echo(other, "second"));
  await turn();
  assert.deepEqual([page.requests.length, called], [1, ["ABORTED"]]);
});

test("another action of a destroyed component is sent, ends ABORTED and its value can be read", async () => {
  const page = openPage();
  const cmp = component(page);
  const action = echo(cmp, "kept");
  const called = listen(action);
  $A.enqueueAction(action);
  cmp.destroy();
  await turn();
  page.requests[0].answer();
  await turn();
  assert.deepEqual([called, action.getReturnValue()], [["ABORTED"], "kept"]);
});

test("a destroyed component keeps its attributes and takes no new ones", () => {
  const cmp = component(openPage(), { attributes: { text: "last" } });
  const heard = [];
  cmp.addValueHandler({ value: "v.text", method: (event) => heard.push(event) });
  cmp.destroy();
  cmp.set("v.text", "late");
  assert.deepEqual([cmp.get("v.text"), heard], ["last", []]);
});

// --- storable ---

test("a storable action is abortable, identical ones are asked once, and each has its own copy", async () => {
  const page = openPage();
  const cmp = component(page);
  const actions = ["a", "a"].map((message) => echo(cmp, message));
  for (const action of actions) {
    action.setStorable();
    assert.deepEqual([action.isStorable(), action.isAbortable(), action.isFromStorage()], [true, true, false]);
    $A.enqueueAction(action);
  }
  await turn();
  assert.equal(page.requests[0].actions.length, 1);
  page.requests[0].answer(() => ({ state: "SUCCESS", value: { list: [] } }));
  await turn();
  const [one, other] = actions.map((action) => action.getReturnValue());
  assert.deepEqual(one, other);
  assert.notEqual(one.list, other.list);
  assert.equal(actions[0].isFromStorage(), false);
});

/** A page whose storage holds the answer "old" to the message "a", which is `age` seconds old. */
async function storedPage(age) {
  const clock = { now: 0 };
  const page = openPage({ now: () => clock.now, storage: createStorage({ now: () => clock.now }) });
  const action = echo(component(page), "a");
  action.setStorable();
  $A.enqueueAction(action);
  await turn();
  page.requests[0].answer(() => ({ state: "SUCCESS", value: "old" }));
  await turn();
  clock.now += age * 1000;
  return page;
}

/** Asks again; returns what the callback saw each time. */
async function askAgain(page, config) {
  const action = echo(component(page), "a");
  action.setStorable(config);
  const seen = [];
  action.setCallback(null, () => seen.push([action.getReturnValue(), action.isFromStorage()]));
  $A.enqueueAction(action);
  await turn();
  for (const request of page.open()) request.answer(() => ({ state: "SUCCESS", value: "new" }));
  await turn();
  return { seen, requests: page.requests.length - 1 };
}

test("a fresh stored answer is given without a request", async () => {
  assert.deepEqual(await askAgain(await storedPage(10)), { seen: [["old", true]], requests: 0 });
});

test("a stale one is given and refreshed, and the callback is called again with the new value", async () => {
  assert.deepEqual(await askAgain(await storedPage(40)), { seen: [["old", true], ["new", false]], requests: 1 });
});

test("refresh says after how many seconds an answer is stale", async () => {
  assert.deepEqual(await askAgain(await storedPage(40), { refresh: 60 }), { seen: [["old", true]], requests: 0 });
  assert.equal((await askAgain(await storedPage(10), { refresh: 5 })).requests, 1);
});

test("ignoreExisting asks the server in any case and stores the answer", async () => {
  const page = await storedPage(10);
  assert.deepEqual(await askAgain(page, { ignoreExisting: true }), { seen: [["new", false]], requests: 1 });
  assert.deepEqual((await askAgain(page)).seen, [["new", true]]);
});

// --- $A ---

test("getCallback keeps this, the arguments and the value, and takes a function only", () => {
  const wrapped = $A.getCallback(function (...all) {
    return [this, ...all];
  });
  const scope = {};
  assert.deepEqual(wrapped.call(scope, 1, 2), [scope, 1, 2]);
  assert.equal(wrapped.call(scope)[0], scope);
  assert.throws(() => $A.getCallback("name"));
});

test("run calls a function and gives its value", () => {
  assert.equal($A.run(() => 7), 7);
  assert.throws(() => $A.run(() => { throw new Error("no"); }), /no/);
});

test("an event that a component fires reaches its handlers", () => {
  const page = openPage();
  const heard = [];
  const parent = component(page, { controller: { saved: (_cmp, event) => heard.push(["controller", event.getParam("id")]) } });
  const child = component(page);
  child.addHandler("saved", parent, "c.saved");
  child.addHandler("saved", parent, (event) => heard.push([event.getName(), event.getSource() === child]));
  child.getEvent("saved").setParams({ id: 3 }).fire();
  assert.deepEqual(heard, [["controller", 3], ["saved", true]]);
});

test("an application event is there when someone hears it", () => {
  const heard = [];
  const config = { event: "site:toast", handler: (event) => heard.push(event.getParams()) };
  assert.equal($A.get("e.site:toast"), undefined);
  $A.eventService.addHandler(config);
  const event = $A.get("e.site:toast");
  event.setParam("message", "Saved");
  event.fire();
  $A.eventService.removeHandler(config);
  assert.deepEqual([heard, $A.get("e.site:toast")], [[{ message: "Saved" }], undefined]);
});

test("values of global providers are those that the page has set", () => {
  $A.set("$Label.seat.full", "No seat is left.");
  assert.equal($A.get("$Label.seat.full"), "No seat is left.");
  assert.equal($A.get("$Label.seat.empty"), undefined);
  assert.equal($A.get("$Locale.language"), undefined);
});

test("a component can't be made of markup, and the callback is told so", async () => {
  const told = await new Promise((done) => $A.createComponent("ui:button", {}, (...all) => done(all)));
  assert.deepEqual(told.slice(0, 2), [null, "ERROR"]);
});

test("assert throws an error that auraError catches", () => {
  $A.assert(true);
  assert.throws(() => $A.assert(false, "never"), (error) => error instanceof $A.auraError && error.message === "never");
});

const VALUES = [undefined, null, "", "text", "false", "f", 0, 1, NaN, Infinity, true, false, [], [1], {}, { a: 1 }, () => {}, new Error("x"), new Date()];
for (const [name, expected] of Object.entries({
  isArray: [[], [1]],
  isString: ["", "text", "false", "f"],
  isNumber: [0, 1, NaN, Infinity],
  isFiniteNumber: [0, 1],
  isBoolean: [true, false],
  isUndefined: [undefined],
  isUndefinedOrNull: [undefined, null],
  isEmpty: [undefined, null, "", []],
})) {
  test(`$A.util.${name}`, () => {
    assert.deepEqual(VALUES.filter((value) => $A.util[name](value)), expected);
  });
}

test("$A.util knows functions, objects, errors and booleans", async () => {
  const { util } = $A;
  assert.deepEqual([() => {}, async () => {}, class {}, {}, "f", null].map(util.isFunction), [true, true, true, false, false, false]);
  assert.deepEqual([{}, new Date(), [], null, "x", () => {}].map(util.isObject), [true, true, false, false, false, false]);
  assert.deepEqual([{}, Object.create(null), new Date(), []].map(util.isPlainObject), [true, true, false, false]);
  assert.deepEqual([new TypeError("x"), { message: "x" }].map(util.isError), [true, false]);
  const falses = [undefined, null, false, 0, "", "false", "f"];
  assert.deepEqual(falses.map(util.getBooleanValue), falses.map(() => false));
  assert.deepEqual(["true", 1, [], {}].map(util.getBooleanValue), [true, true, true, true]);
});

test("a component stands for itself", () => {
  const [cmp, other] = [component(openPage(), { find: (id) => `#${id}` }), component(openPage())];
  assert.equal(cmp.getConcreteComponent(), cmp);
  assert.equal(cmp.isConcrete(), true);
  assert.notEqual(cmp.getGlobalId(), other.getGlobalId());
  assert.deepEqual([cmp.find("name"), other.find("name"), cmp.getName()], ["#name", undefined, "echo"]);
});
