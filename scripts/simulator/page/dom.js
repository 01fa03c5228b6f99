/** Builds elements as the chat page does, and icons that screen readers can read. */

export { byId, el, reconcile, say } from "./chat/dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** Creates an icon from the sprite in index.html; screen readers read its label, and skip an icon without one. */
export function drawing(id, { className = "icon", label } = {}) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${id}`);
  svg.setAttribute("class", className);
  if (label) svg.setAttribute("role", "img");
  svg.setAttribute(label ? "aria-label" : "aria-hidden", label ?? "true");
  svg.append(use);
  return svg;
}
