/** The chat page's side of the widget: in a frame of `widget.js` it can be closed, and reports each new answer. */

import { byId } from "./dom.js";

export const framed = new URLSearchParams(location.search).has("widget") && parent !== window;

/** Sends no text of the conversation, so any page may receive it: hence the target "*". */
const tell = (event) => framed && parent.postMessage({ parley: event }, "*");

export const answered = () => tell("answered");

/** Closes the widget by button and by Escape; `opened` is called each time the widget is opened. */
export function embed({ opened }) {
  if (!framed) return;
  document.documentElement.dataset.framed = "";
  byId("close").hidden = false;
  byId("close").addEventListener("click", () => tell("close"));
  addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && tell("close"));
  addEventListener("message", (event) => event.source === parent && event.data?.parley === "opened" && opened());
}
