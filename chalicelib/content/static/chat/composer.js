/** Where the visitor writes: Enter sends, Shift+Enter breaks the line. */

import { byId, mention } from "./dom.js";
import { t } from "./words.js";

const TALLEST = 168;
const LONGEST = 4_000;
const NEARLY = 300;

/** On a phone the focus would bring up the keyboard unasked. */
const HAS_KEYBOARD = matchMedia("(pointer: fine)");

/** Enter that confirms a composed character (an input method's) is not Enter that sends; 229 is Safari's word for it. */
const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

/** Returns `{focus(), close()}`; `send` gets what was written. */
export function composer({ send }) {
  const [form, words] = [byId("composer"), byId("words")];

  const fit = () => {
    const left = LONGEST - words.value.length;
    byId("send").disabled = !words.value.trim();
    mention(byId("near"), left < NEARLY ? t("too_near", { n: left }) : "");
    words.style.height = "auto";
    words.style.height = `${Math.min(words.scrollHeight, TALLEST)}px`;
  };

  words.maxLength = LONGEST;
  words.addEventListener("input", fit);
  words.addEventListener("keydown", (event) => {
    if (!sends(event)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    words.focus();
    if (!text) return;
    words.value = "";
    fit();
    send(text);
  });
  fit();

  return {
    focus: () => HAS_KEYBOARD.matches && words.focus({ preventScroll: true }),
    close: () => (byId("writing").disabled = true),
  };
}
