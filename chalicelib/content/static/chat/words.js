/** What the page says, in the reader's language. What the bot itself says comes from the bot, unless it is known here. */

import { de } from "./words_de.js";
import { en } from "./words_en.js";
import { ko } from "./words_ko.js";

const LANGUAGES = { en, ko, de };

const spoken = (navigator.languages ?? []).map((tag) => tag.toLowerCase().split("-")[0]);

export const language = spoken.find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";

const words = LANGUAGES[language];

/** Words with their blanks (`{name}`) filled in. */
export function t(key, blanks = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => blanks[name]);
}

/** What a code means; the bot's own words where this page has none. */
export const notice = (code, message) => words.notices[code] ?? message;
export const trouble = (code) => words.troubles[code] ?? words.troubles.try_again;

/** Translates what stands in index.html: `data-t` the text, `data-t-…` an attribute. */
export function translatePage() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const name of ["label", "placeholder"]) {
    const attribute = name === "label" ? "aria-label" : name;
    for (const node of document.querySelectorAll(`[data-t-${name}]`)) {
      node.setAttribute(attribute, t(node.getAttribute(`data-t-${name}`)));
    }
  }
}
