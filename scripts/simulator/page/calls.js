/** Lists the bot's calls to the Graph API. */

import * as api from "/page/api.js";
import { byId, el } from "/page/dom.js";
import { follow } from "/page/followed.js";
import { seconds } from "/page/when.js";

/** Polls the calls; `nameOf(psid)` returns a person's name, `ready` and `began` are as in `follow`. */
export function followCalls({ nameOf, ready, began }) {
  follow({
    list: byId("calls"),
    empty: byId("calls-empty"),
    ask: api.calls,
    row: (call) => row(call, nameOf),
    ready,
    began,
  });
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
