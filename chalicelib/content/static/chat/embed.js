/** The chat page's side of the widget: in a frame of `widget.js` it can be closed, and reports each new answer. */

import { byId } from "./dom.js";

const PATIENT = 15_000;
const widget = new URLSearchParams(location.search).get("widget");

export const framed = widget !== null && parent !== window;

/** Sends no text of the conversation, so any page may receive it: hence the target "*". */
const tell = (event) => framed && parent.postMessage({ parley: event }, "*");

const told = new Set();

/** Tells something of a turn once, however often the bot says it. */
function once(event, { turn }) {
  if (!told.has(event + turn)) tell(event);
  told.add(event + turn);
}

/** Tells of a question that was written on this page and has been accepted; commands are none. */
export function asked(turn) {
  if (turn && turn.key !== turn.turn && !turn.question.startsWith("/")) once("asked", turn);
}

/** Tells of an answer or a notice that is complete. */
export function answered(turn) {
  if (turn?.state === "done") once("answered", turn);
}

export const refused = () => tell("refused");

/** Returns the token by which the page around the widget says who its visitor is. Throws if the page does not respond. */
function token() {
  return new Promise((resolve, reject) => {
    const receive = ({ source, data }) => {
      if (source !== parent || data?.parley !== "visitor") return;
      removeEventListener("message", receive);
      resolve(data.token);
    };
    addEventListener("message", receive);
    setTimeout(() => reject(new Error("the page does not say who its visitor is")), PATIENT);
    tell("visitor");
  });
}

/** Null if the page around the widget does not know its visitor. */
export const signed = framed && widget === "signed" ? token : null;

/** Gives the focus to `focus()` once the page has begun: in a frame, only if the widget says that a person has opened it. */
export const started = (focus) => (framed ? tell("started") : focus());

/** Closes the widget by button and by Escape; `opened` is called each time the widget is opened. */
export function embed({ opened }) {
  if (!framed) return;
  document.documentElement.dataset.framed = "";
  tell("there");
  byId("close").hidden = false;
  byId("close").addEventListener("click", () => tell("close"));
  addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && tell("close"));
  addEventListener("message", (event) => event.source === parent && event.data?.parley === "opened" && opened());
}
