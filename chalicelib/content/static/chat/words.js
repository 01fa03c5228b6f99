/** The page's texts in the reader's language. The bot's own sentences come from the server. */

import { isRightToLeft } from "./direction.js";
import { storage } from "./visitor.js";

/** The languages' own names, by their codes. */
export const LANGUAGES = { en: "English", ko: "한국어", de: "Deutsch", es: "Español", fr: "Français", pt: "Português" };

const chosen = storage("parley.language");
let spoken;
let words;
/** Keeps the full stop of a left-to-right text at its end on a page that is right to left. */
let mark;
let language;
await speak();

/** Takes the language that the reader has chosen, else the first of the browser's. The server preloads the latter's file, by the same rule. */
async function speak() {
  spoken = [chosen.read(), ...(navigator.languages ?? [])].filter(Boolean).map((tag) => String(tag).toLowerCase().split("-")[0]);
  language = spoken.find((code) => Object.hasOwn(LANGUAGES, code)) ?? "en";
  mark = isRightToLeft(spoken[0]) && !isRightToLeft(language) ? "\u200e" : "";
  words = (await import(`./words_${language}.js`))[language];
}

/** Keeps the reader's choice in this browser, and translates the page, but not what other modules have drawn. */
export async function chooseLanguage(code) {
  chosen.write(code);
  await speak();
  translatePage();
}

/** Returns a persona with its opening and its starters in the first of the reader's languages that it has. */
export function inLanguage({ language: own, translations = {}, ...persona }) {
  const known = spoken.find((code) => code === own || Object.hasOwn(translations, code));
  return { ...persona, ...translations[known] };
}

/** Returns a text with its placeholders (`{name}`) filled in. */
export function t(key, blanks = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => blanks[name]) + mark;
}

/** Returns why a message is not sent at the moment; without a code, that others are sent before it. */
export const held = (code) => words.held[code] ?? words.held.next;

/** Returns the text for the code of an error, else that of `try_again`. */
export const trouble = (code) => (words.troubles[code] ?? words.troubles.try_again) + mark;

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
