/** Opens a small menu at a button: arrow keys move in it, Escape, Tab and a click elsewhere close it. */

import { drawing, el } from "/page/dom.js";

let close = () => {};

/** Shows `items` (`{label, icon, testid, run}`) at `button`; a second click on the button closes them. */
export function openMenu(button, items) {
  const isOpen = button.getAttribute("aria-expanded") === "true";
  close();
  if (isOpen) return;
  const menu = el("div", { class: "menu", role: "menu", "data-testid": "menu" }, ...items.map(itemOf));
  close = () => remove(menu, button);
  button.closest("main").append(menu);
  place(menu, button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  menu.addEventListener("keydown", (event) => onKey(event, menu, button));
  menu.firstElementChild.focus();
}

function itemOf({ label, icon, testid, run }) {
  const choose = () => {
    close();
    run();
  };
  const attributes = { type: "button", role: "menuitem", tabindex: "-1", "data-testid": testid, onclick: choose };
  return el("button", attributes, drawing(icon), label);
}

function remove(menu, button) {
  menu.remove();
  button.setAttribute("aria-expanded", "false");
  close = () => {};
}

document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".menu, [aria-expanded=true]")) close();
});
document.addEventListener("wheel", () => close(), { passive: true });
window.addEventListener("resize", () => close());

function place(menu, at) {
  const left = Math.min(Math.max(at.left, 8), innerWidth - menu.offsetWidth - 8);
  const above = at.top - menu.offsetHeight - 6;
  menu.style.left = `${left}px`;
  menu.style.top = `${above < 8 ? at.bottom + 6 : above}px`;
}

const STEP = { ArrowDown: 1, ArrowUp: -1 };

function onKey(event, menu, button) {
  const items = [...menu.children];
  if (event.key in STEP) {
    const next = (items.indexOf(document.activeElement) + STEP[event.key] + items.length) % items.length;
    items[next].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    close();
    button.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
