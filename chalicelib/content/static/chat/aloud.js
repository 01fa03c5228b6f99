/** Tells screen readers what has changed, in the page's one polite live region, which is there from the start. */

import { byId, el } from "./dom.js";

/** For so many milliseconds a text stays before the next takes its place: two at once would be read as the second alone. */
const APART = 700;

const waiting = [];
let busy = false;

/** Says words once, after those that were said just before. The same words said again are read again. */
export function aloud(words) {
  waiting.push(words);
  if (!busy) next();
}

function next() {
  busy = waiting.length > 0;
  if (!busy) return;
  byId("read-out").replaceChildren(el("p", {}, waiting.shift()));
  setTimeout(next, APART);
}
