/** Lists the mails that the bot sends to its owner. */

import * as api from "/page/api.js";
import { byId, el } from "/page/dom.js";
import { follow } from "/page/followed.js";
import { seconds } from "/page/when.js";

/** Polls the mails; `ready` and `began` as in `follow`. */
export function followMails({ ready, began }) {
  follow({ list: byId("mails"), empty: byId("mails-empty"), ask: api.mails, row, ready, began });
}

const row = ({ at, body: { subject, text } }) =>
  el(
    "li",
    { "data-testid": "mail" },
    el(
      "details",
      {},
      el("summary", {}, el("time", {}, seconds(at)), el("span", { class: "said" }, subject)),
      el("p", { class: "mail" }, text),
    ),
  );
