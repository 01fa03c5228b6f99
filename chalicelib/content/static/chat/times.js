/** Says when: the time of each question, and lines between days and between conversations. */

import { isReset } from "./conversation.js";
import { el, mention, say } from "./dom.js";
import { t } from "./words.js";

/** The reader's own form of the page's language, such as `en-GB`, and how times and days are written in it. */
let [spoken, locale, clock, near] = [];

function speak() {
  const language = document.documentElement.lang;
  if (spoken === language) return;
  spoken = language;
  locale = (navigator.languages ?? []).find((tag) => String(tag).toLowerCase().split("-")[0] === language) ?? language;
  clock = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  near = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
}

/** Returns the time of day as the reader writes it. */
export function timeOfDay(at) {
  speak();
  return clock.format(at);
}

export const dayOf = (at) => new Date(at).toDateString();

/** Returns the entries to draw: before each day's first turn a line, unless all are of today, and a line for a reset. */
export function withLines(entries, room) {
  speak();
  const today = dayOf(Date.now());
  const days = new Set([today]);
  const isOld = entries.some(({ at }) => at && dayOf(at) !== today);
  if (isOld) days.delete(today);
  return entries.flatMap((entry) => {
    const day = entry.at || entry.item ? dayOf(entry.at ?? Date.now()) : null;
    const lines = day && !days.has(day) ? [{ key: `day ${day}`, line: "day", at: new Date(day).getTime() }] : [];
    if (day) days.add(day);
    return [...lines, !room && isReset(entry) ? { key: `${entry.key} reset`, line: "reset", at: entry.at } : entry];
  });
}

/** Creates the node of a line. */
export const line = (entry) => el("p", { class: `line ${entry.line}`, "data-testid": entry.line }, entry.line === "reset" ? t("new_conversation") : null, el("time"));

/** Updates a line: tomorrow, today is yesterday. */
export function updateLine(node, { line: kind, at }) {
  show(node.lastElementChild, at, kind === "day" ? named(at) : at && timeOfDay(at), kind === "day");
}

/** Shows the time of a question below it, once it is known. */
export function showTime(node, { at, question }) {
  if (!at || !question || node.asked === at) return;
  node.asked = at;
  node.parts.when ??= node.parts.fate.parentElement.appendChild(el("time", { class: "when", "data-testid": "when" }));
  show(node.parts.when, at, timeOfDay(at));
}

export function show(time, at, words, isDay) {
  mention(time, words);
  if (!at) return;
  const moment = new Date(at);
  time.title = isDay ? "" : moment.toLocaleString(locale);
  time.dateTime = isDay ? moment.toLocaleDateString("en-CA") : moment.toISOString();
}

/** Returns the name of a day; `at` is its midnight. */
export function named(at) {
  const [now, then] = [new Date(), new Date(at)];
  const ago = Math.round((new Date(now.toDateString()) - then) / 86_400_000);
  if (ago < 2) return capital(near.format(-ago, "day"));
  const year = then.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return then.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year });
}

const capital = (words) => words[0].toLocaleUpperCase(locale) + words.slice(1);
