/**
 * Draws formulas as MathML. It is loaded, with its library and its styles, when the first formula is met; so it imports
 * nothing of the page, which would be loaded again.
 */

import temml from "./temml.mjs";

/** Levels of elements in a formula; a browser draws nested elements by recursion. */
const DEEPEST = 60;
/** Formulas that are kept drawn: an answer's last paragraph is drawn again with each word. */
const KEPT = 200;
const OPTIONS = { throwOnError: true, wrap: "tex", maxSize: [10, 10], maxExpand: 200 };

const drawn = new Map();

for (const name of ["temml.css", "math.css"]) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: `chat/${name}` }));
}

/** Fills a place that has its source as text; it keeps that if the formula cannot be read. `label` names one that can be scrolled. */
export function draw(place, label) {
  const isDisplayed = place.dataset.display === "true";
  const math = mathOf(place.dataset.tex, isDisplayed);
  if (!math) return;
  place.replaceChildren(math.cloneNode(true));
  if (isDisplayed) Object.assign(place, { tabIndex: 0, role: "group", ariaLabel: label });
}

/** Returns the element of a formula, or null if the library cannot read it. */
function mathOf(tex, displayMode) {
  const key = `${displayMode} ${tex}`;
  if (!drawn.has(key)) {
    if (drawn.size >= KEPT) drawn.clear();
    drawn.set(key, made(tex, displayMode));
  }
  return drawn.get(key);
}

function made(tex, displayMode) {
  const holder = document.createElement("span");
  try {
    temml.render(tex, holder, { ...OPTIONS, displayMode });
  } catch {
    return null; // a mistake of the model's, or more than the library can do: the source is shown
  }
  return isDeep(holder) ? null : holder.firstChild;
}

function isDeep(node) {
  const within = [[node, 0]];
  while (within.length) {
    const [each, level] = within.pop();
    if (level > DEEPEST) return true;
    for (const child of each.children) within.push([child, level + 1]);
  }
  return false;
}
