/** Repeats a request: less often while the page is hidden, and with a growing pause after failures. */

import { Unreachable } from "/page/api.js";

const HIDDEN = 3_000;
const SLOWEST = 5_000;

/**
 * Starts polling. `ask` sends the request and may fail; `onResponse` gets each response; `failed` gets the number of failures in a row.
 * Returns a function that sends a request now, after the current one, and returns whether it succeeded.
 */
export function poll({ ask, onResponse, failed = () => {}, every }) {
  let failures = 0;
  let last = Promise.resolve();
  let wake = () => {};

  async function attempt() {
    const answer = await ask().catch(unlessUnreachable);
    failures = answer === undefined ? failures + 1 : 0;
    failed(failures);
    if (failures === 0) onResponse(answer);
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

/** Reports an error in this page's own code on the console, without ending the polling. */
function mistake(error) {
  reportError(error);
  return false;
}
