/** Tells screen readers what has changed, in live regions that are there from the start: one polite, one for what stops people. */

import { byId, el, mention, say } from "./dom.js";

/** For so many milliseconds a text stays before the next takes its place: of two at once only the second would be read. */
const APART = 700;

const waiting = [];
let busy = false;

/** Says words once, after those that were said just before. The same words said again are read again. */
export function aloud(words) {
  waiting.push(words);
  if (!busy) next();
}

/** Returns what is said of a node: with its lines and the numbers of footnotes apart, and formulas as they were written. */
export function wordsOf(node) {
  const copy = node.cloneNode(true);
  for (const each of copy.querySelectorAll("br, sup")) each.prepend("\n");
  for (const place of copy.querySelectorAll("var[data-tex]")) say(place, place.dataset.tex);
  return copy.textContent;
}

/** Says at once what keeps the visitor from writing. */
export const alarm = (words) => byId("alarm").replaceChildren(el("p", {}, words));

/** Shows words, or hides the node if there are none; says them if they are new. */
export function mentionAloud(node, words) {
  if (words && node.textContent !== words) aloud(words);
  mention(node, words);
}

function next() {
  busy = waiting.length > 0;
  if (!busy) return;
  byId("read-out").replaceChildren(el("p", {}, waiting.shift()));
  setTimeout(next, APART);
}
