/** Keeps each message of the visitor until the server accepts it; builds the frames to send, and marks failures. */

import { timeOf, ulid } from "./ulid.js";

const GOOD_FOR = 50 * 60_000;
/** After so many milliseconds without an `accepted`, the next message is sent all the same, and then the connection given up. */
const NEXT_WITHIN = 2_000;
/** After so many milliseconds without a sign of an answer, it takes longer than people expect. */
const SLOW = 10_000;
const ACCEPTED_WITHIN = 15_000;
/** The refusals that pass, with the milliseconds after which the message is sent again by itself; each further time twice as many. */
const PASSING = { too_many_open: 3_000, crowded: 3_000, slow_down: 6_000, too_fast: 2_000, try_again: 2_000 };
const SLOWEST = 30_000;
/** After an answer there is room for a message only when the bot has noted its end. */
const NOTED_WITHIN = 300;
/** So often a message is sent that the bot fails to take, before the visitor is asked. */
const TRIES = 4;

/** The codes of `error` frames that are about a message. */
const REFUSALS = new Set(["too_fast", "slow_down", "crowded", "too_many_open", "blocked", "try_again", "bad_frame", "too_large", "unknown_action", "unknown_turn"]);

export class Outbox {
  #items = [];
  #count = 0;
  #sentAt = -Infinity;
  #held = null;

  /** Why no message is sent at the moment although there is a connection: `{code, from}`, not before `from` by the clock of `take`; null if there is no reason. */
  get held() {
    return this.#held;
  }

  /** The messages that no turn shows yet, oldest first: `{key, text, title, replaces, status}`. The status is waiting (for a connection), queued, held (the oldest, with `code`, was refused for the moment), sent, accepted or failed (with `code`). */
  get items() {
    return this.#items.filter((item) => !item.shown);
  }

  /** Queues a message; `title` is shown instead of a text that is a command. With `replaces` a turn's question is asked again, or if `edited` this one in its place. */
  add(text, title = text, replaces = null, edited = false) {
    const key = `mine-${++this.#count}`;
    this.#items.push({ key, text, title, replaces, edited, id: null, at: Date.now(), status: "waiting", turn: null, code: null, refusals: 0, shown: false, version: 0 });
  }

  /** Has no messages any more: they are another conversation's. */
  clear() {
    [this.#items, this.#held] = [[], null];
  }

  /** Queues messages of an earlier load of the page, under their ids, so that each is answered once; those that had failed or waited for too long need a press. */
  restore(messages) {
    for (const { text, title, replaces, edited, id, at, code } of messages) {
      this.add(text, title, replaces, edited);
      const item = this.#items.at(-1);
      Object.assign(item, { id, at });
      if (code) fail(item, code);
      else if (!id && Date.now() - at > GOOD_FOR) fail(item, "too_old");
    }
  }

  /** Queues a failed message again: under its old id, so that it is answered once, unless that id is too old, or not accepted. */
  retry(item) {
    change(item, { status: "waiting", id: ["too_old", "bad_frame"].includes(item.code) ? null : item.id, code: null, refusals: 0 });
  }

  /**
   * Returns the frame to send now, or undefined: that of the next message, once the one before it was accepted. The bot
   * receives messages side by side, so those sent at once could be answered in another order.
   *
   * `now` is the server's clock in milliseconds, so a message gets its id only here; `clock` is any clock. A message
   * whose id is too old fails: the server may have it already, so only the visitor can decide whether to send it again.
   */
  take(now, clock) {
    this.#move("waiting", this.#held ? "held" : "queued");
    if (this.#silentFor(clock) < NEXT_WITHIN || clock < this.#held?.from) return;
    for (const item of this.#items.filter((each) => ["queued", "held"].includes(each.status))) {
      if (item.status === "held" && item.code && now - timeOf(item.id) > GOOD_FOR) item.id = null;
      item.id ??= ulid(now);
      if (now - timeOf(item.id) <= GOOD_FOR) return this.#send(item, clock);
      fail(item, "too_old");
    }
  }

  #send(item, clock) {
    this.#sentAt = clock;
    change(item, { status: "sent", waitsSince: null, slow: false });
    const mine = { id: item.id, language: document.documentElement.lang };
    if (item.replaces) return { action: "regenerate", turn: item.replaces, ...mine, ...(item.edited && { message: item.text }) };
    return { action: "send_message", message: item.text, ...mine };
  }

  /** After a lost connection: queues the messages that were sent but not accepted. */
  broke() {
    this.#held = null;
    for (const item of this.#items) if (["sent", "queued", "held"].includes(item.status)) change(item, { status: "waiting", code: null });
  }

  /** Gives up what is not sent, as it would not be answered: all, or the questions without the commands. */
  giveUp({ questions = false } = {}) {
    for (const item of this.#items) {
      const isOpen = ["waiting", "queued", "held", "sent"].includes(item.status) && !(questions && (item.status === "sent" || item.text.startsWith("/")));
      if (isOpen) fail(item, "not_sent");
    }
    this.#held = null;
  }

  /** Marks the first message for which nothing has come for long; returns whether it is new. `isBusy`: another one is being answered. */
  slows(clock, isBusy) {
    const first = this.#items.find((item) => ["sent", "accepted"].includes(item.status) && !item.shown);
    if (!first) return false;
    if (isBusy) first.waitsSince = clock;
    first.waitsSince ??= clock;
    const isSlow = clock - first.waitsSince >= SLOW;
    if (isSlow && !first.slow) change(first, { slow: true });
    else return false;
    return true;
  }

  /** An answer is over, so there may be room for one more message. */
  hasRoom(clock) {
    if (this.#held?.code === "too_many_open") this.#held.from = Math.min(this.#held.from, clock + NOTED_WITHIN);
  }

  /** Whether a message waits for its `accepted` or for the beginning of its answer. */
  get isWaiting() {
    return this.#items.some(({ status }) => ["sent", "accepted"].includes(status));
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
  receive({ type, id, turn, code }, clock) {
    if (type === "error" && (id || (REFUSALS.has(code) && code !== "unknown_turn"))) return this.#refused(id, code, clock);
    const item = type === "accepted" && this.#items.find((each) => each.id === id);
    if (!item) return;
    change(item, { status: "accepted", turn, shown: false });
    if (this.#held) this.#goOn(clock);
  }

  /** One message was taken after a refusal: the next may be refused too, so it comes as late as the first one did. */
  #goOn(clock) {
    const more = this.#items.some(({ status }) => ["queued", "held"].includes(status));
    this.#held = more ? { ...this.#held, from: clock + PASSING[this.#held.code] } : null;
  }

  #refused(id, code, clock) {
    const item = this.#items.find((each) => (id ? each.id === id : each.status === "sent"));
    if (!item) return;
    const refusals = item.code === code ? item.refusals + 1 : 1;
    const passes = Object.hasOwn(PASSING, code) && !(code === "try_again" && refusals >= TRIES);
    this.#held = passes ? { code, from: clock + Math.min(SLOWEST, PASSING[code] * 2 ** (refusals - 1)) } : null;
    change(item, { status: passes ? "held" : "failed", code, refusals });
    if (passes) this.#move("queued", "held");
  }

  #move(from, to) {
    for (const item of this.#items) if (item.status === from) change(item, { status: to });
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
