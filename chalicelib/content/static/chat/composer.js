/** The field for writing: Enter sends, Shift+Enter breaks the line; where people touch, Enter breaks it too. */

import { byId } from "./dom.js";
import { nameEnter, sends, stayAboveKeyboard } from "./keyboard.js";
import { roomLeft } from "./room_left.js";

const TALLEST = 168;

/** On a phone, focus would open the on-screen keyboard. */
const HAS_KEYBOARD = matchMedia("(pointer: fine)");

/** Returns `{focus(), allow(isAllowed), swap(words)}`; `send(text)` is called with each message, and returns what the field has next. `draft.words` are kept over a reload. */
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

  /** Puts other words into the field; returns those that were there. */
  const swap = (next) => {
    const was = words.value;
    words.value = next;
    fit();
    return was;
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
    swap(send(text));
  });
  fit();

  return {
    focus: () => HAS_KEYBOARD.matches && words.focus({ preventScroll: true }),
    swap,
    allow: (isAllowed) => (byId("writing").disabled = !isAllowed),
  };
}
