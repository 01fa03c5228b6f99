/** Shows the connection's state and the questions left today, and the button that stops an answer. */

import { alarm, aloud } from "./aloud.js";
import { byId, mention, say } from "./dom.js";
import { framed } from "./embed.js";
import { t, trouble } from "./words.js";

/** A lost connection is shown only after so many milliseconds, because most are back by then. */
const FORGIVEN = 1_200;

/** Returns `show(state, code)`; `retry` is called when the reader presses the button to reconnect now. */
export function connectionState({ retry }) {
  let [timer, told] = [0, ""];
  byId("try-now").addEventListener("click", retry);

  const draw = (state, code) => {
    const words = { lost: code ? trouble(code) : t("lost"), closed: trouble(code) }[state] ?? "";
    const news = words && `${state} ${words}`;
    if (news && news !== told) (state === "closed" ? alarm : aloud)(words);
    if (told && state === "open") aloud(t("online"));
    told = news || (state === "open" ? "" : told);
    byId("trouble").hidden = !words;
    byId("trouble").dataset.state = state;
    byId("trouble").dataset.code = code ?? "";
    byId("try-now").hidden = state !== "lost" || code === "no_network";
    say(byId("trouble-words"), words);
  };
  return (state, code) => {
    clearTimeout(timer);
    document.documentElement.dataset.connection = state;
    const patience = state === "lost" && !code && byId("trouble").hidden ? FORGIVEN : 0;
    if (patience) timer = setTimeout(draw, patience, state, code);
    else draw(state, code);
  };
}

/** Shows a word about the connection below the persona's name. */
export function showPresence(state, writing) {
  const key = { connecting: "connecting", open: writing ? "writing" : "online" }[state] ?? "offline";
  if (key === "writing" && byId("presence").dataset.state !== key) aloud(t(key));
  say(byId("presence"), t(key));
  byId("presence").dataset.state = key;
}

/** The code at the end of a room's full name, which is not shown. */
const CODE = /\.[\w-]{22}$/;

/** Shows the room and the questions left today, if there are any. */
export function showEntitlements({ you, room, limit, remaining }) {
  mention(byId("room"), room && t("room", { name: room.replace(CODE, "") }));
  byId("room").title = room ? t("you_are", { name: you }) : "";
  const counted = limit !== null && remaining !== null;
  mention(byId("left"), counted && (remaining > 0 ? t("left", { n: remaining, limit }) : t("none_left")));
  byId("left").dataset.few = counted && remaining <= 2;
}

/** Returns `show(conversation)` for the button that begins a new one; a room has none, because its reset hides nothing of the others. */
export function newConversation({ begin }) {
  byId("new").addEventListener("click", begin);
  return ({ room, current }) => (byId("new").hidden = Boolean(room) || !current.length);
}

/**
 * Returns `show(turn)` for the turn whose answer can be stopped, or undefined; `stop(turn)` is called on a press, and on
 * Escape, unless Escape closes the widget.
 */
export function stopButton({ stop }) {
  const button = byId("stop");
  let shown = null;
  button.addEventListener("click", () => {
    button.disabled = true;
    say(button.lastElementChild, t("stopping"));
    stop(shown);
  });
  if (!framed) {
    button.setAttribute("aria-keyshortcuts", "Escape");
    addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && !button.hidden && button.click());
  }
  return (turn) => {
    button.hidden = !turn;
    if (turn?.turn === shown?.turn) return;
    shown = turn;
    button.disabled = false;
    say(button.lastElementChild, t("stop"));
  };
}
