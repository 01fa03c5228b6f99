/** Puts a table into a box that scrolls sideways, by keyboard too, and shows at which side more is to be seen. */

import { el } from "./dom.js";
import { t } from "./words.js";

/** Characters from which the text of a cell gets a column in which several words stand beside each other. */
const LONG = 24;

const sizes = new ResizeObserver((changes) => changes.forEach(({ target }) => mark(target)));

/** Wraps a table that has no box yet. */
export function widen(table) {
  const box = el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": t("table"), onscroll: () => mark(box) });
  table.replaceWith(box);
  box.append(table);
  for (const cell of table.querySelectorAll("th, td")) cell.toggleAttribute("data-long", cell.textContent.length >= LONG);
  sizes.observe(box);
}

/** Sets `data-before` and `data-after` while something is hidden there, in the direction of reading. */
function mark(box) {
  const passed = Math.abs(box.scrollLeft);
  box.toggleAttribute("data-before", passed > 1);
  box.toggleAttribute("data-after", box.scrollWidth - box.clientWidth - passed > 1);
}
