/** The field for writing: Enter sends, Shift+Enter breaks the line; each person has their own draft. */

import { byId } from "/page/dom.js";
import { openMenu } from "/page/menu.js";

const TALLEST = 132;

/** On a phone, focus would open the on-screen keyboard. */
const HAS_KEYBOARD = matchMedia("(pointer: fine)");

/** Enter that confirms a character in an input method does not send; Safari marks that by the key code 229. */
const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

/** Returns `{show(psid), focus()}`; `send` is called with an action without its person, `answer` with the words of a human of the page. */
export function composer({ send, answer }) {
  const [form, words, attach] = [byId("composer"), byId("words"), byId("attach")];
  const drafts = new Map();
  let psid = null;

  const fit = () => {
    byId("send").disabled = !words.value.trim();
    words.style.height = "auto";
    words.style.height = `${Math.min(words.scrollHeight, TALLEST)}px`;
  };
  const write = (text) => {
    words.value = text;
    fit();
  };

  const focus = () => HAS_KEYBOARD.matches && words.focus({ preventScroll: true });
  const sendAttachment = (attachment) => {
    focus();
    send({ attachment });
  };

  const answerByHand = () => {
    const text = words.value.trim();
    focus();
    if (!text) return;
    write("");
    answer(text);
  };

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
    write("");
    send({ text });
  });
  attach.addEventListener("click", () => openMenu(attach, attachments(sendAttachment, answerByHand)));

  return {
    focus,
    show(next) {
      if (next === psid) return;
      drafts.set(psid, words.value);
      psid = next;
      byId("writing").disabled = false;
      write(drafts.get(psid) ?? "");
    },
  };
}

const attachments = (run, answerByHand) => [
  { label: "Sticker", icon: "icon-thumb", testid: "attach-sticker", run: () => run("sticker") },
  { label: "Photo", icon: "icon-photo", testid: "attach-photo", run: () => run("image") },
  { label: "Send it as a human of the page", icon: "icon-send", testid: "by-hand", run: answerByHand },
];
