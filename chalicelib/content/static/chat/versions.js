/** A question that was asked again, or edited, and the one it replaces are versions of one turn: of each, one is shown. */

import { isAnswered } from "./conversation.js";

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
