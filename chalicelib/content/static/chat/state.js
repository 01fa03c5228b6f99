/** Says how the connection is, what is left of today's questions, and offers to stop an answer. */

import { byId, mention, say } from "./dom.js";
import { t, trouble } from "./words.js";

/** A connection that is back before this has passed was never lost, as far as a reader is concerned. */
const FORGIVEN = 1_200;

/** Returns `show(state, code)`; `retry` is called when the reader does not want to wait. */
export function connectionState({ retry }) {
  let timer = 0;
  byId("try-now").addEventListener("click", retry);

  const draw = (state, code) => {
    const words = { lost: code ? trouble(code) : t("lost"), closed: trouble(code) }[state];
    byId("trouble").hidden = !words;
    byId("trouble").dataset.state = state;
    byId("try-now").hidden = state !== "lost";
    say(byId("trouble-words"), words ?? "");
    document.documentElement.dataset.connection = state;
  };
  return (state, code) => {
    clearTimeout(timer);
    const patience = state === "lost" && !code && byId("trouble").hidden ? FORGIVEN : 0;
    if (patience) timer = setTimeout(draw, patience, state, code);
    else draw(state, code);
  };
}

/** One word below the persona's name. */
export function showPresence(state, writing) {
  const key = { connecting: "connecting", open: writing ? "writing" : "online" }[state] ?? "offline";
  say(byId("presence"), t(key));
  byId("presence").dataset.state = key;
}

/** Who this is and what is left to ask, where there is something to say. */
export function showTerms({ you, room, limit, remaining }) {
  mention(byId("room"), room && t("room", { name: room }));
  byId("room").title = room ? t("you_are", { name: you }) : "";
  const counted = limit !== null && remaining !== null;
  mention(byId("left"), counted && (remaining > 0 ? t("left", { n: remaining, limit }) : t("none_left")));
  byId("left").dataset.few = counted && remaining <= 2;
}

/** Returns `show(turn)`: the answer that can be stopped, if there is one; `stop` gets it. */
export function stopButton({ stop }) {
  const button = byId("stop");
  let shown = null;
  button.addEventListener("click", () => {
    button.disabled = true;
    say(button.lastElementChild, t("stopping"));
    stop(shown);
  });
  return (turn) => {
    button.hidden = !turn;
    if (turn?.turn === shown?.turn) return;
    shown = turn;
    button.disabled = false;
    say(button.lastElementChild, t("stop"));
  };
}
