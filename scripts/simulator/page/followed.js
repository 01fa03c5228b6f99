/** Fetches the calls that the simulator recorded, and lists them, newest first. */

import { poll } from "/page/poll.js";

const EVERY = 500;
const KEPT = 200;

/**
 * Polls after `ready`. `ask(n)` returns the calls after number `n`, `row(call)` the node of one, `began()` when the simulator
 * started; `empty` is shown while there are none.
 */
export function follow({ list, empty, ask, row, ready, began }) {
  let last = 0;
  let since = null;

  const next = async () => {
    await ready;
    if (since !== began()) restart();
    return ask(last);
  };
  const onResponse = (calls) => {
    add(calls);
    empty.hidden = list.children.length > 0;
    list.hidden = !empty.hidden;
  };
  const restart = () => {
    since = began();
    list.replaceChildren();
    last = 0;
  };
  const add = (calls) => {
    for (const call of calls) list.prepend(row(call));
    while (list.children.length > KEPT) list.lastElementChild.remove();
    last = Math.max(last, ...calls.map((call) => call.n));
  };
  poll({ ask: next, onResponse, every: EVERY });
}
