/** The panel beside the chat: which model answers, the quota and the calls; on a small screen it is a sheet. */

import { byId, say } from "/page/dom.js";

/** Lets the button and Escape open and close the sheet. */
export function foldingPanel() {
  const [panel, toggle] = [byId("panel"), byId("panel-toggle")];
  const open = (wanted) => {
    panel.toggleAttribute("data-open", wanted);
    toggle.setAttribute("aria-expanded", wanted);
  };
  const isOpen = () => panel.hasAttribute("data-open");
  toggle.addEventListener("click", () => open(!isOpen()));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    toggle.focus();
  });
}

/** Shows which model answers. */
export function showModel({ name, fake: isFake }) {
  const line = byId("model");
  line.dataset.real = !isFake;
  say(line, isFake ? `A fake model answers as ${name}: nothing leaves this computer.` : `The real ${name} answers.`);
}
