/** Puts a code block into a box with a button that copies the code alone. */

import { copy } from "./copy.js";
import { byId, drawing, el, say } from "./dom.js";
import { t } from "./words.js";

/** Wraps a `pre`, which scrolls sideways and so can have the focus. */
export function box(pre) {
  const holder = el("div", { class: "code" });
  pre.replaceWith(holder);
  Object.assign(pre, { tabIndex: 0, role: "group", ariaLabel: t("code") });
  holder.append(pre, copyButton(() => pre.textContent.replace(/\n$/, "")));
}

/** The button has no text, so that it is neither copied nor read out with the answer around it. */
function copyButton(text) {
  const button = el("button", { class: "copy-code", type: "button", "data-testid": "copy-code" }, drawing("icon-copy"));
  const says = (key) => {
    button.title = button.ariaLabel = t(key);
    button.firstChild.firstChild.setAttribute("href", key === "copied" ? "#icon-done" : "#icon-copy");
    if (key !== "copy_code") say(byId("read-out"), t(key));
  };
  says("copy_code");
  button.addEventListener("click", () => copy(text(), says, "copy_code"));
  return button;
}
