/** Puts tables into boxes that scroll sideways, by keyboard too. */

import { el } from "./dom.js";
import { t } from "./words.js";

/** Characters from which the text of a cell gets a column in which several words stand beside each other. */
const LONG = 24;

export function widen(table) {
  const box = el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": t("table") });
  table.replaceWith(box);
  box.append(table);
  for (const cell of table.querySelectorAll("th, td")) cell.toggleAttribute("data-long", cell.textContent.length >= LONG);
}
