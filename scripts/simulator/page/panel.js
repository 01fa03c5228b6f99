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

/** Shows which model answers, or why none does. */
export function showModel(model) {
  const line = byId("model");
  line.dataset.state = model.stand_in ? "fake" : model.state;
  say(line, words(model));
  byId("panel-toggle").toggleAttribute("data-trouble", Boolean(model.problem));
  say(byId("panel-name"), model.problem ? "The model does not answer" : "Behind the scenes");
}

function words({ name, stand_in: isFake, place, state, problem }) {
  if (isFake) return `A fake model answers as ${name}: nothing leaves this computer.`;
  if (state === "asking") return `${name} at ${place} is being asked for a word …`;
  if (problem) return `The model does not answer. ${problem.reason} ${problem.cure}`;
  return `The real ${name} answers.`;
}
