/** The page's side of the widget: when it is framed by `widget.js`, it can be closed, and says when an answer is there. */

import { byId } from "./dom.js";

const framed = new URLSearchParams(location.search).has("widget") && parent !== window;

/** No words go to the page around this one, so it does not matter which page that is. */
const tell = (event) => framed && parent.postMessage({ parley: event }, "*");

export const answered = () => tell("answered");

/** Offers to close, by button and by Escape; `opened` is called whenever the widget is opened. */
export function embed({ opened }) {
  if (!framed) return;
  document.documentElement.dataset.framed = "";
  byId("close").hidden = false;
  byId("close").addEventListener("click", () => tell("close"));
  addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && tell("close"));
  addEventListener("message", (event) => event.source === parent && event.data?.parley === "opened" && opened());
}
