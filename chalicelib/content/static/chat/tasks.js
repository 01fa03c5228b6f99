/** Shows the items of a task list by a box in place of the list's mark. */

import { el } from "./dom.js";
import { t } from "./words.js";

const STATES = { "☑": "task_done", "☐": "task_open" };

/** Gives an item that begins with a box, as the renderer writes it, the class `task`, and the box its meaning. */
export function tick(item) {
  const first = document.createTreeWalker(item, NodeFilter.SHOW_TEXT, (text) => (text.data.trim() ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP)).nextNode();
  const [box, blank] = first?.data ?? "";
  if (!Object.hasOwn(STATES, box) || blank !== " " || first.parentElement.closest("li") !== item) return;
  first.before(el("span", { class: "tick", role: "img", "aria-label": t(STATES[box]) }, box));
  first.data = first.data.slice(1);
  item.classList.add("task");
}
