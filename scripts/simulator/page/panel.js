/** The panel beside the chat: which model answers, the quota and the calls; a sheet to unfold on a small screen. */

import { byId, say } from "/page/dom.js";

/** Makes the sheet open and close, by its button and by Escape. */
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

/** Says who answers. */
export function showModel({ name, stand_in: standIn }) {
  const line = byId("model");
  line.dataset.real = !standIn;
  say(line, standIn ? `A stand-in answers as ${name}: nothing leaves this computer.` : `The real ${name} answers.`);
}
