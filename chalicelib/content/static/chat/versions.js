/** A question that was asked again, or edited, and the one it replaces are versions of one turn: of each, one is shown. */

import { aloud } from "./aloud.js";
import { isAnswered } from "./conversation.js";
import { drawing, el, mention, say } from "./dom.js";
import { t } from "./words.js";

/**
 * Returns the turns to show, in their order. Of several versions it is the newest with an answer of the model, or the one
 * in `chosen`, with `versions`: the ids of all that have one, oldest first. The newest is shown beside it if it has
 * none, and alone while it is open. While one of the outbox's `items` is to replace a turn, none of its versions is
 * shown; after it failed, those with an answer are shown again.
 */
export function standing(turns, items, chosen) {
  const first = new Map();
  const firstOf = (id) => first.get(id) ?? id;
  for (const { turn, replaces } of turns) first.set(turn, firstOf(replaces ?? turn));
  const groups = Map.groupBy(turns, ({ turn }) => firstOf(turn));
  const asked = items.filter((item) => item.replaces);
  const isAsked = (turn) => asked.some((item) => firstOf(item.replaces) === firstOf(turn) && item.status !== "failed");
  const wasAsked = (turn) => asked.some((item) => firstOf(item.replaces) === firstOf(turn));

  return turns.flatMap((turn) => {
    const group = groups.get(firstOf(turn.turn));
    const answered = group.filter(isAnswered);
    if (isAsked(turn.turn)) return [];
    if (turn === group.at(-1) && !isAnswered(turn)) return turn.state !== "open" && wasAsked(turn.turn) ? [] : [turn];
    if (turn !== answered.at(-1) || group.at(-1).state === "open") return [];
    const shown = answered.find((each) => chosen.has(each.turn)) ?? turn;
    return [{ ...shown, key: turn.key, versions: answered.map((each) => each.turn) }];
  });
}

/** Shows below a question which of its versions it is, and a button to edit it; `does` has `show(entry, id)` and `edit(entry)`. */
export function showVersions(node, entry, does) {
  const { versions = [], turn, editable } = entry;
  const several = versions.length > 1;
  if (!several && !editable && !node.versions) return;
  const line = (node.versions ??= lineOf(node, does));
  const at = versions.indexOf(turn);
  const isLast = at === versions.length - 1;
  line.hidden = !several && !editable;
  line.group.hidden = !several;
  line.edit.hidden = !editable;
  say(line.count, `${at + 1}/${versions.length}`);
  mention(line.note, several && !isLast && t("older_version"));
  line.back.ariaDisabled = at < 1;
  line.on.ariaDisabled = isLast;
}

function lineOf(node, does) {
  const step = (by) => () => {
    const { versions, turn } = node.entry;
    const at = versions.indexOf(turn) + by;
    if (!versions[at]) return;
    does.show(node.entry, versions[at]);
    aloud(t("version", { n: at + 1, of: versions.length }));
  };
  const button = (key, icon, onclick) => el("button", { class: "chip", type: "button", "data-testid": key.replace("_", "-"), "aria-label": t(key), title: t(key), onclick }, drawing(icon));
  const [count, note] = [el("span", { "data-testid": "version" }), el("span", { "data-testid": "older-version-note" })];
  const [back, on] = [button("earlier_version", "icon-back", step(-1)), button("later_version", "icon-on", step(1))];
  const group = el("span", { class: "step", role: "group", "aria-label": t("versions") }, back, count, on);
  const edit = button("edit", "icon-edit", () => does.edit(node.entry));
  const line = el("p", { class: "versions" }, note, group, edit);
  node.parts.fate.after(line);
  return Object.assign(line, { count, note, back, on, group, edit });
}
