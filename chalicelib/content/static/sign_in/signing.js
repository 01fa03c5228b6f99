/**
 * The pages before and after the issuer's own. The first notes in this tab's storage which sign-in it has begun, and the
 * second passes on the code of that one only: a link by an attacker to the issuer gives the attacker no code.
 */

import { ATTEMPT, LEFT, parsed, RETURNED } from "./attempt.js";
import { byId, say } from "./dom.js";
import { storage } from "./visitor.js";
import { t, translatePage, trouble } from "./words.js";

const { step, address, trouble: refused } = document.documentElement.dataset;
const asked = new URLSearchParams(location.search);
const left = storage(LEFT, "sessionStorage");
const state = asked.get("state") ?? "";
const { slot, key, room } = parsed(state);

translatePage();
document.title = t("sign_in");
if (refused) fail(refused);
else if (step === "leave") leave();
else arrive();

function leave() {
  left.write(state);
  window.opener = null; // the issuer's page gets no hold of the chat
  location.replace(address);
}

function arrive() {
  history.replaceState(null, "", location.pathname);
  const mine = state && left.read() === state;
  left.write(null);
  if (!mine) return fail("not_started_here");
  const code = asked.has("error") ? "" : (asked.get("code") ?? "");
  if (begunByThisTab()) {
    storage(RETURNED, "sessionStorage").write(JSON.stringify({ state, code }));
    location.replace(chat());
  } else {
    handOver(code);
  }
}

function begunByThisTab() {
  return JSON.parse(storage(ATTEMPT, "sessionStorage").read() ?? "{}").state === state;
}

/** Gives the code to the frame that opened this window, through the server: the two need not know each other any more. */
async function handOver(code) {
  const body = JSON.stringify({ slot, code });
  const headers = { "Content-Type": "application/json" };
  const done = await fetch(location.pathname, { method: "POST", body, headers }).then(({ ok }) => ok, () => false);
  if (!done) return fail("try_again");
  say(byId("words"), code ? t("close_window") : trouble("sign_in_failed"));
  window.close();
}

function fail(reason) {
  say(byId("words"), trouble(reason));
  byId("back").href = chat();
  byId("back").hidden = !state;
}

function chat() {
  const back = new URL("../chat", location.href);
  back.search = new URLSearchParams({ ...(key && { config: key }), ...(room && { room }) });
  return back.href;
}
