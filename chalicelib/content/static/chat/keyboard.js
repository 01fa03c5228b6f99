/** The keyboard of a phone: what Enter does there, and what it covers. */

import { byId } from "./dom.js";

/** Where people touch, the keyboard has no Shift+Enter: Enter breaks the line, and a button sends. */
const TOUCHED = matchMedia("(pointer: coarse)");

/** Whether a key sends the message. Enter that confirms a character in an input method does not; Safari marks that by the key code 229. */
export function sends({ key, shiftKey, ctrlKey, metaKey, isComposing, keyCode }) {
  if (key !== "Enter" || shiftKey || isComposing || keyCode === 229) return false;
  return ctrlKey || metaKey || !TOUCHED.matches;
}

/** Names the Enter key of an on-screen keyboard after what it does. */
export function nameEnter(field) {
  const name = () => (field.enterKeyHint = TOUCHED.matches ? "enter" : "send");
  TOUCHED.addEventListener("change", name);
  name();
}

/** Keeps the page above a keyboard that the browser lays over it, as Safari does; others make the page smaller by themselves. */
export function stayAboveKeyboard() {
  const view = window.visualViewport;
  const page = document.querySelector(".app");
  const fit = () => {
    const covered = view.scale === 1 && innerHeight - view.height > 1;
    page.style.height = covered ? `${view.height}px` : "";
    page.style.translate = covered ? `0 ${view.offsetTop}px` : "";
  };
  for (const event of ["resize", "scroll"]) view?.addEventListener(event, fit);
}
