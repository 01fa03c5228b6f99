/** The page's texts in the reader's language. The bot's own sentences come from the server, unless one for their code is here. */

import { isRightToLeft } from "./direction.js";

const LANGUAGES = ["en", "ko", "de"];

const spoken = (navigator.languages ?? []).map((tag) => String(tag).toLowerCase().split("-")[0]);

export const language = spoken.find((code) => LANGUAGES.includes(code)) ?? "en";

/** The server preloads this file, by the same rule. */
/** Keeps the full stop of a left-to-right text at its end on a page that is right to left. */
const MARK = isRightToLeft(spoken[0]) && !isRightToLeft(language) ? "\u200e" : "";

const words = (await import(`./words_${language}.js`))[language];

/** Returns a persona with its opening and its starters in the first of the reader's languages that it has. */
export function inLanguage({ language: own, translations = {}, ...persona }) {
  const known = spoken.find((code) => code === own || Object.hasOwn(translations, code));
  return { ...persona, ...translations[known] };
}

/** Returns a text with its placeholders (`{name}`) filled in. */
export function t(key, blanks = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => blanks[name]) + MARK;
}

/** Returns why a message is not sent at the moment; without a code, that others are sent before it. */
export const held = (code) => words.held[code] ?? words.held.next;

/** Return the text for a code: of a notice, else the server's `message`; of an error, else that of `try_again`. */
export const notice = (code, message) => words.notices[code] ?? message;
export const trouble = (code) => (words.troubles[code] ?? words.troubles.try_again) + MARK;

/** Translates index.html: the text of nodes with `data-t`, an attribute of those with `data-t-…`. */
export function translatePage() {
  document.documentElement.lang = language;
  document.documentElement.dir = isRightToLeft(spoken[0]) ? "rtl" : "ltr";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const name of ["label", "placeholder", "title"]) {
    const attribute = name === "label" ? "aria-label" : name;
    for (const node of document.querySelectorAll(`[data-t-${name}]`)) {
      node.setAttribute(attribute, t(node.getAttribute(`data-t-${name}`)));
    }
  }
}
