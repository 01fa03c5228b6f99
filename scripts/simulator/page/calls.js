/** Fetches and lists the bot's calls to the Graph API, newest first. */

import * as api from "/page/api.js";
import { byId, el } from "/page/dom.js";
import { poll } from "/page/poll.js";
import { seconds } from "/page/when.js";

const EVERY = 500;
const KEPT = 200;

/** Polls the calls after `ready`; `nameOf(psid)` returns a person's name, `began()` when the simulator started. */
export function followCalls({ nameOf, ready, began }) {
  const list = byId("calls");
  let last = 0;
  let since = null;

  const ask = async () => {
    await ready;
    if (since !== began()) startAnew();
    return api.calls(last);
  };
  const onResponse = (calls) => {
    add(calls);
    byId("calls-empty").hidden = list.children.length > 0;
  };
  const startAnew = () => {
    since = began();
    list.replaceChildren();
    last = 0;
  };
  const add = (calls) => {
    for (const call of calls) list.prepend(row(call, nameOf));
    while (list.children.length > KEPT) list.lastElementChild.remove();
    last = Math.max(last, ...calls.map((call) => call.n));
  };
  poll({ ask, onResponse, every: EVERY });
}

function row(call, nameOf) {
  const recipient = call.body?.recipient?.id;
  const { kind, words } = said(call);
  const line = el(
    "summary",
    {},
    el("time", {}, seconds(call.at)),
    el("span", { class: "said", "data-kind": kind }, words),
    el("span", { class: "to" }, recipient ? nameOf(recipient) : ""),
    el("span", { class: "status", "data-good": String(call.status < 400) }, String(call.status)),
  );
  return el("li", { "data-testid": "call" }, el("details", {}, line, details(call)));
}

const details = ({ method, path, body }) =>
  el("div", { class: "json" }, el("p", {}, `${method} ${path}`), el("pre", {}, JSON.stringify(body, null, 2) ?? ""));

/** Returns one line about a call: the text of a message, the name of any other call. */
function said({ method, path, body }) {
  if (body?.sender_action) return { kind: "action", words: body.sender_action };
  if (body?.message?.text) return { kind: "words", words: body.message.text };
  if (body?.message?.attachment) return { kind: "action", words: body.message.attachment.type };
  return { kind: "action", words: `${method} ${path.split("/").pop()}` };
}
