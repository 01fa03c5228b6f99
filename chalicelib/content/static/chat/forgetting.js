/** The button by which a blocked reader deletes what is stored about them. Loaded when it is needed. */

import { aloud } from "./aloud.js";
import { byId, say } from "./dom.js";
import { t } from "./words.js";

const WITHIN = 15_000;

/** Lets the button ask, as the menu does, and then send; `visitor` has a `pass()`, as `Visitor` has. May be called again. */
export function offer(visitor) {
  const button = byId("forget-me");
  const become = (key, over = false) => {
    say(button, t(key));
    button.disabled = over;
    aloud(t(key));
  };
  const forget = () => {
    become("forgetting", true);
    visitor.pass().then(sent).then(() => become("forgotten", true), () => become("not_forgotten"));
  };
  say(button, t("forget"));
  button.disabled = false;
  button.onclick = async () => (await import("./menu.js")).askToForget(forget);
}

/** Sends the frame on a connection of its own; resolves when the bot has accepted it. */
function sent({ websocket_url: url, ticket, token }) {
  const socket = new WebSocket(url);
  const frame = JSON.stringify({ action: "authenticate", ticket, token, forget: true });
  const answer = new Promise((accepted, failed) => {
    setTimeout(failed, WITHIN);
    socket.addEventListener("open", () => socket.send(frame));
    socket.addEventListener("message", ({ data }) => (JSON.parse(data).type === "accepted" ? accepted() : failed()));
    socket.addEventListener("close", failed);
  });
  return answer.finally(() => socket.close());
}
