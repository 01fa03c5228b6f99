/** Gives each formula its place, and loads what draws formulas when one is met. */

import { t } from "./words.js";

let drawing = null;
let loading = null;

/** Begins to load it, if it is not there yet; then the formulas that wait are drawn. */
export function prepare() {
  loading ??= import("./math_draw.js").then(arrived, () => (loading = null));
}

function arrived(module) {
  drawing = module;
  document.querySelectorAll("var[data-tex]").forEach(draw);
}

/** Draws a formula in a `var` that has its source as text. */
export function formula(place, { tex, display }) {
  Object.assign(place.dataset, { tex, display });
  place.dir = "ltr";
  if (drawing) draw(place);
  else prepare();
}

const draw = (place) => drawing.draw(place, t("formula"));
