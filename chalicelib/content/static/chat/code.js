/** Puts a code block into a box with a button that copies the code alone, and colours it. */

import { copy } from "./copy.js";
import { drawing, el } from "./dom.js";
import { t } from "./words.js";

/** The module that colours, loaded with the first code: without it, code has no colours. */
let colours = null;

/** The functions that take the colours of a box away, by box. */
const coloured = new WeakMap();

/** Wraps a `pre`, which scrolls sideways and so can have the focus. `lang` is the language as the model named it, or "". */
export function box(pre, lang) {
  const holder = el("div", { class: "code", "data-lang": lang });
  pre.replaceWith(holder);
  Object.assign(pre, { tabIndex: 0, role: "group", ariaLabel: [t("code"), lang].filter(Boolean).join(": ") });
  holder.append(pre, copyButton(() => pre.textContent.replace(/\n$/, "")));
}

/** Colours the code in a node whose boxes are new or have changed. */
export function recolour(node) {
  unbox(node);
  const boxes = boxesOf(node);
  if (boxes.length && !colours) return load(node);
  for (const holder of boxes) {
    const pre = holder.querySelector("pre");
    coloured.set(holder, colours.colour(pre.firstElementChild ?? pre, holder.dataset.lang));
  }
}

function load(node) {
  const loaded = (module) => {
    colours = module;
    if (node.isConnected) recolour(node);
  };
  import("./colours.js").then(loaded, () => {});
}

/** Takes the colours away from the code in a node. Call it before a node with boxes is removed. */
export function unbox(node) {
  for (const holder of boxesOf(node)) coloured.get(holder)?.();
}

function boxesOf(node) {
  if (!(node instanceof Element)) return [];
  return node.matches(".code") ? [node] : node.querySelectorAll(".code");
}

/** The button has no text, so that it is neither copied nor read out with the answer around it. */
function copyButton(text) {
  const button = el("button", { class: "copy-code", type: "button", "data-testid": "copy-code" }, drawing("icon-copy"));
  const says = (key) => {
    button.title = button.ariaLabel = t(key);
    button.firstChild.firstChild.setAttribute("href", key === "copied" ? "#icon-done" : "#icon-copy");
  };
  says("copy_code");
  button.addEventListener("click", () => copy(text(), says, "copy_code"));
  return button;
}
