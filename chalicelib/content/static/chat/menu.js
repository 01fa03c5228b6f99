/** The menu in the header, by mouse, touch and keyboard, and the question before everything is deleted. Loaded when it is opened. */

import { byId, el } from "./dom.js";

/** Whether the listeners are there. */
let ready = false;

const items = () => [...byId("menu").querySelectorAll("[role^=menuitem]:not([hidden])")];

/** Prepares the menu that has just been opened; `languages` are their own names by code, `speak(code)` is called when one was chosen. */
export function prepare({ languages, speak }, { room, current }, canWrite) {
  if (!ready) listen(byId("menu"), languages, speak);
  ready = true;
  for (const item of byId("menu").querySelectorAll("button[data-does]")) item.hidden = !canWrite;
  if (room || !current.length) byId("menu-new").hidden = true;
  for (const item of byId("languages").children) item.ariaChecked = item.lang === document.documentElement.lang;
  items()[0].focus();
}

/** Acts on a press in the menu: an item of index.html with `data-does` calls the function of that name in `does`. */
export function choose(does, pressed) {
  const item = pressed.closest("[role^=menuitem]");
  if (item) byId("menu").hidePopover();
  const act = does[item?.dataset.does];
  if (act) item.dataset.does === "forget" ? askToForget(act) : act();
}

function listen(box, languages, speak) {
  for (const [code, name] of Object.entries(languages)) {
    const role = { role: "menuitemradio", type: "button", tabindex: -1, "data-testid": "language" };
    byId("languages").append(el("button", { ...role, lang: code, onclick: () => speak(code) }, name));
  }
  box.addEventListener("keydown", (event) => walk(event, box, items()));
}

/** Moves between the items by the arrow keys, Home and End; Escape and Tab close the menu, and nothing around it. */
function walk(event, box, items) {
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (next !== undefined) items.at(next % items.length).focus();
  else if (event.key === "Escape") box.hidePopover();
  else if (event.key === "Tab") return box.hidePopover();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Asks whether everything is to be deleted; `yes()` is called if so. */
export function askToForget(yes) {
  const box = byId("forget");
  box.onkeydown = (event) => event.stopPropagation();
  byId("forget-no").onclick = () => box.close();
  byId("forget-yes").onclick = () => {
    box.close();
    yes();
  };
  box.showModal();
}
