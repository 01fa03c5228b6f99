/** Tells screen readers what becomes of the visitor's messages: that they wait, or are refused. */

import { aloud } from "./aloud.js";
import { held, trouble } from "./words.js";

/** Returns `tell(outbox)`, which says each reason once, however many messages it is about. */
export function outboxNews() {
  let waits = false;
  const refused = new Set();

  return ({ items, held: hold }) => {
    if (hold && !waits) aloud(held(hold.code));
    waits = Boolean(hold);
    const failed = items.filter(({ status, key, version }) => status === "failed" && !refused.has(`${key} ${version}`));
    for (const code of new Set(failed.map((item) => item.code))) aloud(trouble(code));
    for (const { key, version } of failed) refused.add(`${key} ${version}`);
  };
}
