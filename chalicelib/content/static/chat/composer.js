/** The field for writing: Enter sends, Shift+Enter breaks the line. */

import { byId, mention } from "./dom.js";
import { t } from "./words.js";

const TALLEST = 168;
const LONGEST = 4_000;
const NEARLY = 300;

/** On a phone, focus would open the on-screen keyboard. */
const HAS_KEYBOARD = matchMedia("(pointer: fine)");

/** Enter that confirms a character in an input method does not send; Safari marks that by the key code 229. */
const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

/** Returns `{focus(), allow(isAllowed)}`; `send(text)` is called with each message. `draft.words` are kept over a reload. */
export function composer({ send, draft }) {
  const [form, words] = [byId("composer"), byId("words")];

  const fit = () => {
    const left = LONGEST - words.value.length;
    draft.words = words.value;
    byId("send").disabled = !words.value.trim();
    mention(byId("near"), left < NEARLY ? t("too_near", { n: left }) : "");
    words.style.height = "auto";
    words.style.height = `${Math.min(words.scrollHeight, TALLEST)}px`;
  };

  words.maxLength = LONGEST;
  words.value = draft.words;
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
    send(text);
    words.value = "";
    fit();
  });
  fit();

  return {
    focus: () => HAS_KEYBOARD.matches && words.focus({ preventScroll: true }),
    allow: (isAllowed) => (byId("writing").disabled = !isAllowed),
  };
}
