/** Keeps each message of the visitor until the server accepts it; builds the frames to send, and marks failures. */

import { timeOf, ulid } from "./ulid.js";

const GOOD_FOR = 50 * 60_000;
/** After so many milliseconds without an `accepted`, the next message is sent all the same, and then the connection given up. */
const NEXT_WITHIN = 2_000;
const ACCEPTED_WITHIN = 15_000;

/** The codes of `error` frames that are about a message. */
const REFUSALS = new Set(["too_fast", "slow_down", "crowded", "too_many_open", "blocked", "try_again", "bad_frame", "too_large", "unknown_action", "unknown_turn"]);

export class Outbox {
  #items = [];
  #count = 0;
  #sentAt = -Infinity;

  /** The messages that no turn shows yet, oldest first: `{key, text, title, replaces, status}`. The status is waiting (for a connection), queued, sent, accepted or failed (with `code`). */
  get items() {
    return this.#items.filter((item) => !item.shown);
  }

  /** Queues a message; `title` is shown instead of a text that is a command. With `replaces` a turn's question is asked again. */
  add(text, title = text, replaces = null) {
    const key = `mine-${++this.#count}`;
    this.#items.push({ key, text, title, replaces, id: null, at: Date.now(), status: "waiting", turn: null, shown: false, version: 0 });
  }

  /** Queues messages of an earlier load of the page, under their ids, so that each is answered once; those that had failed or waited for too long need a press. */
  restore(messages) {
    for (const { text, title, replaces, id, at, code } of messages) {
      this.add(text, title, replaces);
      const item = this.#items.at(-1);
      Object.assign(item, { id, at });
      if (code) fail(item, code);
      else if (!id && Date.now() - at > GOOD_FOR) fail(item, "too_old");
    }
  }

  /** Queues a failed message again: under its old id, so that it is answered once, unless that id is too old. */
  retry(item) {
    change(item, { status: "waiting", id: item.code === "too_old" ? null : item.id, code: null });
  }

  /**
   * Returns the frame to send now, or undefined: that of the next message, once the one before it was accepted. The bot
   * receives messages side by side, so those sent at once could be answered in another order.
   *
   * `now` is the server's clock in milliseconds, so a message gets its id only here; `clock` is any clock. A message
   * whose id is too old fails: the server may have it already, so only the visitor can decide whether to send it again.
   */
  take(now, clock) {
    for (const item of this.#items) if (item.status === "waiting") change(item, { status: "queued" });
    if (this.#silentFor(clock) < NEXT_WITHIN) return;
    for (const item of this.#items.filter((each) => each.status === "queued")) {
      item.id ??= ulid(now);
      if (now - timeOf(item.id) <= GOOD_FOR) return this.#send(item, clock);
      fail(item, "too_old");
    }
  }

  #send(item, clock) {
    this.#sentAt = clock;
    change(item, { status: "sent" });
    if (item.replaces) return { action: "regenerate", turn: item.replaces, id: item.id };
    return { action: "send_message", message: item.text, id: item.id };
  }

  /** After a lost connection: queues the messages that were sent but not accepted. */
  broke() {
    for (const item of this.#items) if (["sent", "queued"].includes(item.status)) change(item, { status: "waiting" });
  }

  /** Whether a message was sent and not accepted for so long that the connection must be dead. */
  isStuck(clock) {
    const silent = this.#silentFor(clock);
    return silent > ACCEPTED_WITHIN && silent < Infinity;
  }

  /** The milliseconds since the last message was sent; Infinity if none waits for its `accepted`. */
  #silentFor(clock) {
    return this.#items.some((item) => item.status === "sent") ? clock - this.#sentAt : Infinity;
  }

  /** Applies `accepted` and `error` frames to the message they are about; ignores all others. An error with an id is about that message. */
  receive({ type, id, turn, code }) {
    if (type === "error" && (id || (REFUSALS.has(code) && code !== "unknown_turn"))) return this.#refused(id, code);
    const item = type === "accepted" && this.#items.find((each) => each.id === id);
    if (item) change(item, { status: "accepted", turn, shown: false });
  }

  #refused(id, code) {
    const item = this.#items.find((each) => (id ? each.id === id : each.status === "sent"));
    if (item) fail(item, code);
  }

  /**
   * Returns the message that a turn of this visitor now shows, if it was written on this page. A `question` may arrive
   * before its `accepted`; the message is then found by its text.
   */
  show({ turn, question, replaces, state }) {
    const same = (item) => item.text === question && item.replaces === replaces;
    const alike = (item) => state === "open" && item.turn === null && item.id && !item.shown && same(item);
    const item = this.#items.find((each) => each.turn === turn) ?? this.#items.find(alike);
    if (item) item.shown = true;
    return item;
  }

  /** Removes the messages that are accepted and shown by a turn. */
  tidy() {
    this.#items = this.#items.filter((item) => !(item.shown && item.status === "accepted"));
  }
}

function change(item, changes) {
  Object.assign(item, changes);
  item.version += 1;
}

const fail = (item, code) => change(item, { status: "failed", code });
