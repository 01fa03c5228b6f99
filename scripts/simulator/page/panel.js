/** The panel beside the chat: the model, the quota and the calls; on a small screen a sheet that can be opened. */

import { byId, say } from "/page/dom.js";

/** Opens and closes the sheet by its button and by Escape. */
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
export function showModel({ name, stand_in: isFake }) {
  const line = byId("model");
  line.dataset.real = !isFake;
  say(line, isFake ? `A fake model answers as ${name}: nothing leaves this computer.` : `The real ${name} answers.`);
}
