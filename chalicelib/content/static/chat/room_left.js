/** Says how much more fits into a message, or how much of it does not: nothing is cut. */

import { aloud } from "./aloud.js";
import { byId, mention } from "./dom.js";
import { t } from "./words.js";

/** The most characters of a message, counted as the bot does: an emoji is one. */
const LONGEST = 4_000;
const NEARLY = 300;

const number = (n) => n.toLocaleString(document.documentElement.lang);

/** Returns `{fits(text), insist()}`: `fits` shows what is left, and returns whether the text may be sent; `insist` says again why it may not. */
export function roomLeft(field) {
  const near = byId("near");
  field.setAttribute("aria-describedby", near.id);

  return {
    fits(text) {
      const left = LONGEST - (text.length > LONGEST ? [...text].length : text.length);
      const kind = left < 0 ? "too_much" : left < NEARLY ? "too_near" : "";
      mention(near, kind && t(kind, { n: number(Math.abs(left)), longest: number(LONGEST) }));
      if (kind !== near.dataset.kind && kind) aloud(near.textContent);
      near.dataset.kind = kind;
      field.ariaInvalid = left < 0;
      return left >= 0;
    },
    insist: () => aloud(near.textContent),
  };
}
