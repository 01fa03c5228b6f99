/** The chat page's side of the widget: in a frame of `widget.js` it can be closed, and reports each new answer. */

import { byId } from "./dom.js";

const PATIENT = 15_000;
/** How long a page may take to hand over what it keeps, in milliseconds: so long it delays the connection. */
const KEPT_WITHIN = 2_000;
/** What a ticket may look like, since it becomes a header. */
const TICKET = /^[\x21-\x7e]{1,4000}$/;
const widget = new URLSearchParams(location.search).get("widget");

export const framed = widget !== null && parent !== window;

/** Sends no text of the conversation, so any page may receive it: hence the target "*". */
const tell = (event, more) => framed && parent.postMessage({ parley: event, ...more }, "*");

const told = new Set();

/** Tells something of a turn once, however often the bot says it; and whether a question still waits for its answer. */
function once(event, { turn }, { open }) {
  if (!told.has(event + turn)) tell(event, { waits: Boolean(open) });
  told.add(event + turn);
}

/** Tells the widget what a frame of the bot means for it. */
export function report({ type, turn: id }, conversation) {
  const turn = conversation.find(id);
  if (type === "ready") tell("ready", { waits: Boolean(conversation.open) });
  /* A question that was written on this page and has been accepted; commands are none. */
  else if (turn && turn.key !== id && !turn.question.startsWith("/")) once("asked", turn, conversation);
  if (type === "completed" && turn?.state === "done") once("answered", turn, conversation);
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

function mayStore() {
  try {
    return Boolean(window.localStorage);
  } catch {
    return false;
  }
}

/**
 * Returns a place for the ticket in the storage of the page around the widget, for a frame that browsers let store nothing:
 * `{ready, read(), write(value)}`, where the value is known when `ready` is resolved. Null if this page stores itself. The
 * ticket is sent to the origin alone from which the page has answered; that page can read it, as docs/widget.md says.
 */
export function lent() {
  if (!framed || signed || mayStore()) return null;
  let [value, origin] = [null, null];
  const ready = new Promise((resolve) => {
    const receive = (event) => {
      if (event.source !== parent || event.data?.parley !== "kept") return;
      if (event.origin !== "null") origin = event.origin;
      if (TICKET.test(event.data.ticket)) value = event.data.ticket;
      end();
    };
    const end = () => resolve(removeEventListener("message", receive));
    addEventListener("message", receive);
    setTimeout(end, KEPT_WITHIN);
    tell("kept");
  });
  const write = (next) => {
    value = next;
    if (origin) parent.postMessage({ parley: "keep", ticket: next }, origin);
  };
  return { ready, read: () => value, write };
}

/** Gives the focus to `focus()` once the page has begun: in a frame, only if the widget says that a person has opened it. */
export const started = (focus) => (framed ? tell("started") : focus());

/** Whether Escape closes something in this page first: an open menu, or what has handled the key itself. */
const isForOther = (event) => event.defaultPrevented || document.querySelector(":popover-open, :modal");

/** Closes the widget by button and by Escape; `opened` is called each time the widget is opened. */
export function embed({ opened }) {
  if (!framed) return;
  document.documentElement.dataset.framed = "";
  tell("there");
  byId("close").hidden = false;
  byId("close").addEventListener("click", () => tell("close"));
  addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && !isForOther(event) && tell("close"));
  addEventListener("message", (event) => event.source === parent && event.data?.parley === "opened" && opened());
}
