/** Keeps what this visitor wrote until the bot has said that it is kept; says what is to be sent, and what failed. */

import { timeOf, ulid } from "./ulid.js";

const GOOD_FOR = 50 * 60_000;

/** What an `error` can say about a message. */
const REFUSALS = new Set(["too_many_open", "blocked", "try_again", "bad_frame", "too_large"]);

export class Outbox {
  #items = [];
  #count = 0;

  /** Those that no turn shows yet, oldest first: `{key, text, status}`, waiting, sent, accepted or failed (with `code`). */
  get items() {
    return this.#items.filter((item) => !item.shown);
  }

  add(text) {
    const key = `mine-${++this.#count}`;
    this.#items.push({ key, text, id: null, status: "waiting", turn: null, shown: false, version: 0 });
  }

  /** Sends a failed one again, under its old name unless that is too old. */
  retry(item) {
    change(item, { status: "waiting", id: item.code === "too_old" ? null : item.id, code: null });
  }

  /**
   * Frames for those that wait, which counts as sending them. `now` is the bot's clock, which is why a message gets its
   * name no earlier. One whose name has become too old may be kept already: only its writer can know.
   */
  take(now) {
    const waiting = this.#items.filter((item) => item.status === "waiting");
    for (const item of waiting) {
      item.id ??= ulid(now);
      if (now - timeOf(item.id) > GOOD_FOR) fail(item, "too_old");
      else change(item, { status: "sent" });
    }
    const sent = waiting.filter((item) => item.status === "sent");
    return sent.map(({ id, text }) => ({ action: "send_message", message: text, id }));
  }

  /** The socket broke: what was sent and not accepted is to be sent again. */
  broke() {
    for (const item of this.#items) if (item.status === "sent") change(item, { status: "waiting" });
  }

  get unanswered() {
    return this.#items.some((item) => item.status === "sent");
  }

  /** Called for frames that are about a message. */
  hear({ type, id, turn, code }) {
    if (type === "error" && REFUSALS.has(code)) return this.#refused(id, code);
    const item = type === "accepted" && this.#items.find((each) => each.id === id);
    if (item) change(item, { status: "accepted", turn, shown: false });
  }

  #refused(id, code) {
    const item = this.#items.find((each) => (id ? each.id === id : each.status === "sent"));
    if (item) fail(item, code);
  }

  /**
   * A turn shows a message of this visitor from now on: which one, if it came from here. A question may be heard before
   * its `accepted`; then its words must do.
   */
  show({ turn, question, state }) {
    const alike = (item) => state === "open" && item.turn === null && item.id && !item.shown && item.text === question;
    const item = this.#items.find((each) => each.turn === turn) ?? this.#items.find(alike);
    if (item) item.shown = true;
    return item;
  }

  /** Forgets what is both accepted and shown. */
  tidy() {
    this.#items = this.#items.filter((item) => !(item.shown && item.status === "accepted"));
  }
}

function change(item, changes) {
  Object.assign(item, changes);
  item.version += 1;
}

const fail = (item, code) => change(item, { status: "failed", code });
