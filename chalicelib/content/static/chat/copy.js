/** Copies a text when a button is pressed, and says for a moment whether that worked, also to screen readers. */

import { aloud } from "./aloud.js";
import { t } from "./words.js";

const SHOWN_FOR = 2_000;

/** `says(key)` shows a text of words.js: `copied` or `not_copied`, and after a moment `usual`. */
export async function copy(text, says, usual) {
  const done = await navigator.clipboard.writeText(text).then(() => true, () => false);
  const outcome = done ? "copied" : "not_copied";
  says(outcome);
  aloud(t(outcome));
  setTimeout(says, SHOWN_FOR, usual);
}
