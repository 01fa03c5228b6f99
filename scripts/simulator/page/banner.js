/** Says what went wrong: that the demo has stopped, for as long as it has, or something passing. */

import { byId, say } from "/page/dom.js";

const PASSING = 6_000;
const STOPPED = "The demo has stopped. Start it again with scripts/parley demo; this page reconnects by itself.";

let stopped = false;
let timer = 0;

function show(words) {
  byId("banner").hidden = !words;
  say(byId("banner"), words);
}

/** Called with every attempt to reach the world. */
export function reached(well) {
  if (stopped === !well) return;
  stopped = !well;
  show(stopped ? STOPPED : "");
}

/** Shows something for a few seconds. */
export function mention(words) {
  if (stopped) return;
  clearTimeout(timer);
  show(words);
  timer = setTimeout(() => stopped || show(""), PASSING);
}
