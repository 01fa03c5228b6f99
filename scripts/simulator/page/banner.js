/** Shows errors: that the demo has stopped, as long as it has, or a message for a few seconds. */

import { byId, say } from "/page/dom.js";

const PASSING = 6_000;
const STOPPED = "The demo has stopped. Start it again with scripts/parley demo; this page reconnects by itself.";

let stopped = false;
let timer = 0;

function show(words) {
  byId("banner").hidden = !words;
  say(byId("banner"), words);
}

/** Called after every request to the simulator. */
export function reached(well) {
  if (stopped === !well) return;
  stopped = !well;
  show(stopped ? STOPPED : "");
}

/** Shows a message for a few seconds. */
export function mention(words) {
  if (stopped) return;
  clearTimeout(timer);
  show(words);
  timer = setTimeout(() => stopped || show(""), PASSING);
}
