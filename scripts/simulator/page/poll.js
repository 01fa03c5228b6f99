/** Asks the same question again and again: slower while the page is hidden, backing off while nobody answers. */

import { Unreachable } from "/page/api.js";

const HIDDEN = 3_000;
const SLOWEST = 5_000;

/**
 * Starts asking. `ask` may find the world unreachable; `told` gets each answer; `failed` gets how many failures in a row there were.
 * Returns a function that asks at once, after whatever is under way, and tells whether that went well.
 */
export function poll({ ask, told, failed = () => {}, every }) {
  let failures = 0;
  let last = Promise.resolve();
  let wake = () => {};

  async function attempt() {
    const answer = await ask().catch(unlessUnreachable);
    failures = answer === undefined ? failures + 1 : 0;
    failed(failures);
    if (failures === 0) told(answer);
    return failures === 0;
  }

  const now = () => (last = last.then(attempt).catch(mistake));
  const delay = () => Math.max(document.hidden ? HIDDEN : 0, Math.min(every * 2 ** failures, SLOWEST));

  async function loop() {
    for (;;) {
      await now();
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, delay());
      });
    }
  }

  document.addEventListener("visibilitychange", () => wake());
  loop();
  return now;
}

function unlessUnreachable(error) {
  if (!(error instanceof Unreachable)) throw error;
}

/** A bug of this page is shown on the console and does not end the asking. */
function mistake(error) {
  reportError(error);
  return false;
}
