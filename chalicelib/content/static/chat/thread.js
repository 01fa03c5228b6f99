/** Shows the conversation: the opening, its turns, unsent messages, and the choices after the last answer. */

import { FORGET, HELP, isAnswered, opensIt, RESET } from "./conversation.js";
import { byId, el, mention, reconcile } from "./dom.js";
import { earlier } from "./earlier.js";
import { paintFace, paintPage } from "./look.js";
import { stickToEnd } from "./scroll.js";
import { line, showTime, updateLine, withLines } from "./times.js";
import * as turn from "./turn.js";
import { showVersions, standing } from "./versions.js";
import { inLanguage, t } from "./words.js";

/** Returns `show(conversation, outbox)`; `does` has `retry(entry)`, `regenerate(entry)`, `rate(entry, value)`, `edit(entry)`, `choose(choice)`, `reachBack()` and `redraw()`. */
export function thread(does) {
  const log = byId("log");
  const toEnd = stickToEnd(byId("scroller"), byId("jump"));
  const { turnsOf, hold } = earlier(does);
  /** The ids of versions that the reader wants to see in place of newer ones. */
  const chosen = new Set();
  let written;

  const show = ({ versions }, id) => {
    versions.forEach((version) => chosen.delete(version));
    chosen.add(id);
    does.redraw();
  };
  const update = (node, entry) => {
    if (entry.line) return updateLine(node, entry);
    turn.update(node, entry);
    showTime(node, entry);
    showVersions(node, entry, { ...does, show });
  };

  return (conversation, outbox) => {
    const stay = hold();
    if (outbox.items.length) chosen.clear();
    const titles = titlesOf(conversation.turns);
    const turns = standing(turnsOf(conversation), outbox.items, chosen).filter((each) => !each.opening || opensIt(each)).map((each) => answered(each, conversation, titles));
    const entries = [...turns, ...outbox.items.map(unsent)];
    const last = entries.at(-1);
    if (last) Object.assign(last, { again: last.mine && isAnswered(last), editable: canBeEdited(last) });
    const mine = entries.findLast((entry) => entry.mine && entry.key !== entry.turn)?.key;
    reconcile(log, withLines(entries, conversation.room), { create: (entry) => (entry.line ? line(entry) : arriving(entry, does)), update });
    if (conversation.you) showOpening(!conversation.turns.some(opensIt));
    stay();
    starters(conversation, outbox, does.choose);
    choices(conversation, outbox, does.choose);
    if (mine && mine !== written) toEnd();
    written = mine;
  };
}

function arriving(entry, does) {
  const node = turn.create(entry, does);
  node.classList.toggle("arrives", !entry.past);
  return node;
}

/** Whether a turn is an own question that is over, and that the page has as a whole. */
const canBeEdited = ({ mine, turn, question, state, code }) => Boolean(mine && turn && question && state) && state !== "open" && !["command", "too_long"].includes(code);

const answered = (each, { you, room, persona }, titles) => {
  const mine = each.from === you && !each.opening;
  const asked = titles.get(each.question) ?? each.question;
  return { ...each, asked, mine, rateable: mine && isAnswered(each), by: room && !mine && !each.opening ? each.from : "", persona: authorOf(each, persona) };
};

/** Returns who answers a turn, as a persona: a human for words that the bot only passes on. */
export const authorOf = ({ code }, persona) => (code === "human" ? { name: t("human"), face: "\u{1F464}" } : persona);

const unsent = (item) => ({ ...item, item, mine: true, question: item.text, asked: item.title });

/** Returns the titles of the choices that were offered, by their commands: a choice that was made is shown by its title. */
const titlesOf = (turns) =>
  new Map([[RESET, t("new_conversation")], [HELP, t("help")], [FORGET, t("forget")], ...turns.flatMap((each) => each.choices.map(({ command, title }) => [command, title]))]);

/** Shows the choices below the last answer, until the next message. */
function choices(conversation, outbox, choose) {
  const last = conversation.turns.at(-1);
  const offered = last && last.state !== "open" && !outbox.items.length ? last.choices : [];
  offer("choice", offered.map((choice, index) => ({ ...choice, key: `${last.turn} ${index}` })), choose);
}

/** Shows questions to begin with, while the conversation is empty. */
function starters({ you, current, persona }, outbox, choose) {
  const [group, below] = ["starters", "choices"].map(byId);
  if (current.some(opensIt) && group.nextElementSibling !== below) below.before(group);
  const isEmpty = current.every((each) => each.opening);
  const offered = you && isEmpty && !outbox.items.length ? (inLanguage(persona).starters ?? []) : [];
  offer("starter", offered.map((text) => ({ command: text, title: text, key: text })), choose);
}

/** Shows a button for each item, in the group named after their kind. */
function offer(kind, items, choose) {
  const group = byId(`${kind}s`);
  const create = (item) => el("button", { type: "button", "data-testid": kind, dir: "auto", onclick: () => choose(item) }, item.title);
  reconcile(group, items, { create });
  group.hidden = items.length === 0;
}

/** Shows the persona's fixed opening, or hides it where the model opens the conversation. */
function showOpening(isShown) {
  byId("opening").hidden = !isShown || !byId("opening").textContent;
}

let met = {};

/** Shows the persona's name and look, and its opening before the first message; without a persona, those of the last one in the reader's language. */
export function greet(persona = met) {
  met = persona;
  const { name = t("chat"), title, opening } = inLanguage(persona);
  document.title = title ? `${name} · ${title}` : name;
  mention(byId("opening"), opening);
  if (persona.opening_by === "model") showOpening(false);
  mention(byId("title"), title);
  paintPage(persona);
  for (const face of document.querySelectorAll(".face[data-persona]")) paintFace(face, { ...persona, name });
  for (const place of document.querySelectorAll(".persona-name")) place.textContent = name;
}
