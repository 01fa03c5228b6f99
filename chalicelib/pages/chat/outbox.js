/** Keeps what this visitor wrote until the bot has said that it is kept; says what is to be sent, and what failed. */

import { timeOf, ulid } from "./ulid.js";

const GOOD_FOR = 50 * 60_000;

/** What an `error` can say about a message. */
const REFUSALS = new Set(["too_many_open", "blocked", "try_again", "bad_frame", "too_large"]);

export class Outbox {
  #items = [];

  /** Those that no turn shows yet, oldest first: `{key, text, status}`, waiting, sent, accepted or failed (with `code`). */
  get items() {
    return this.#items.filter((item) => !item.shown);
  }

  /** `now` is the bot's clock. */
  add(text, now) {
    const item = { key: ulid(now), text, status: "waiting", turn: null, tried: false, shown: false, version: 0 };
    this.#items.push(item);
    return item;
  }

  /** Sends a failed one again; under a new name when the bot would refuse the old one for its age. */
  retry(item, now) {
    if (now - timeOf(item.key) > GOOD_FOR) item.key = ulid(now);
    change(item, { status: "waiting", code: null });
  }

  /** Frames for those that wait, which counts as sending them. One that has waited too long has failed. */
  take(now) {
    for (const item of this.#items) if (item.status === "waiting" && now - timeOf(item.key) > GOOD_FOR) fail(item, "too_old");
    return this.#items.filter((item) => item.status === "waiting").map((item) => {
      change(item, { status: "sent", tried: true });
      return { action: "send_message", message: item.text, id: item.key };
    });
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
    const item = type === "accepted" && this.#items.find((each) => each.key === id);
    if (item) change(item, { status: "accepted", turn, shown: false });
  }

  #refused(id, code) {
    const item = this.#items.find((each) => (id ? each.key === id : each.status === "sent"));
    if (item) fail(item, code);
  }

  /**
   * A turn shows a message of this visitor from now on: which one, if it came from here. A question may be heard before
   * its `accepted`; then its words must do.
   */
  show({ turn, question, state }) {
    const alike = (item) => state === "open" && item.turn === null && item.tried && !item.shown && item.text === question;
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
