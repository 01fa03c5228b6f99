/** The field for writing: Enter sends, Shift+Enter breaks the line; where people touch, Enter breaks it too. */

import { byId } from "./dom.js";
import { nameEnter, sends, stayAboveKeyboard } from "./keyboard.js";
import { roomLeft } from "./room_left.js";

const TALLEST = 168;

/** On a phone, focus would open the on-screen keyboard. */
const HAS_KEYBOARD = matchMedia("(pointer: fine)");

/** Returns `{focus(), allow(isAllowed)}`; `send(text)` is called with each message. `draft.words` are kept over a reload. */
export function composer({ send, draft }) {
  const [form, words] = [byId("composer"), byId("words")];

  const room = roomLeft(words);
  let fits = true;

  const fit = () => {
    fits = room.fits(words.value.trim());
    draft.words = words.value;
    byId("send").disabled = !words.value.trim() || !fits;
    words.style.height = "auto";
    words.style.height = `${Math.min(words.scrollHeight, TALLEST)}px`;
  };

  nameEnter(words);
  stayAboveKeyboard();
  words.value = draft.words;
  words.addEventListener("input", fit);
  words.addEventListener("keydown", (event) => {
    if (!sends(event)) return;
    event.preventDefault();
    if (fits) form.requestSubmit();
    else room.insist();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    words.focus();
    if (!text || !fits) return;
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
