/** Builds the conversation from the server's frames: applies each once and in order, and requests missing ones. */

const ASK_AGAIN = 3_000;
const ASK_AT_MOST = 5;
/** After so many milliseconds without a frame, the rest of an answer may have been lost; until it goes on, it takes longer too. */
const QUIET = 30_000;
/** After so many milliseconds without a word of an answer, it takes longer than people expect. */
const SLOW = 10_000;
/** The codes of notices after which no further question is answered for a while. */
const SPENT = new Set(["limit_reached", "key_spent", "budget_spent", "share_spent", "month_spent"]);

const EMPTY = { from: null, question: "", opening: false, at: null, past: false, replaces: null, text: "", seq: 0, code: null, footer: "", choices: [], feedback: null, last: null, state: "open" };

export class Conversation {
  #turns = [];
  #refused = null;
  you = null;
  room = null;
  /** What the bot calls the conversation: a room, or one of several of a known reader (`~…`); null for the first. */
  place = null;
  /** The id with which the turns before those here are asked for; null if all are here. */
  earlier = null;
  #want = null;
  persona = {};
  limit = null;
  remaining = null;

  get turns() {
    return this.#turns;
  }

  /** The turns since the last `/reset`: those before it are another conversation. In a room, one person's reset hides nothing. */
  get current() {
    return this.#turns.slice(this.room ? 0 : this.#turns.findLastIndex(isReset) + 1);
  }

  /** The first turn that is being answered or waits for its answer; undefined if there is none. */
  get open() {
    return this.#turns.find(isAwaited);
  }

  /** Why no question of this visitor is answered at the moment: the code of a notice; null if there is no reason. */
  get spent() {
    return this.#refused ?? (this.remaining === 0 ? "limit_reached" : null);
  }

  find(id) {
    return this.#turns.find((turn) => turn.turn === id);
  }

  /** Applies a frame; ignores types that are not about the conversation. */
  take(frame) {
    switch (frame.type) {
      case "ready": return this.#ready(frame);
      case "history": return this.#history(frame);
      case "question": return this.#question(frame);
      case "delta": return this.#delta(frame);
      case "snapshot": return this.#snapshot(frame);
      case "notice": return this.#notice(frame);
      case "completed": return this.#completed(frame);
    }
  }

  /** Requests that the answer to a turn stops. */
  stop(turn) {
    Object.assign(turn, { stop: true, cancel: true });
  }

  /** Stores what the visitor thinks of an answer: `up` or `down`. */
  rate(id, feedback) {
    const turn = this.find(id);
    if (turn.feedback !== feedback) change(turn, { feedback, rated: true });
  }

  /** Requests the turns before those here. */
  reachBack() {
    if (this.earlier) this.#want ??= { ...fresh };
  }

  /** Whether turns were requested that have not come yet. */
  get reaches() {
    return Boolean(this.#want);
  }

  /** Returns the `cancel`, `feedback`, `resume` and `earlier` frames to send now: each once, `resume` again if it did not help. `now`: milliseconds of any clock. */
  wishes(now) {
    this.#checkSilence(now);
    return [...this.#cancels(), ...this.#ratings(), ...this.#resumes(now), ...this.#earlier(now)];
  }

  /** Marks the turns that have waited for their next word for long; returns whether one is new among them. */
  slows(now) {
    const waiting = this.#turns.filter((turn) => (turn.begun || turn === this.open) && turn.state === "open" && turn.code === null && !turn.slow);
    for (const turn of waiting) if (turn.waitsAt !== turn.text.length) Object.assign(turn, { waitsAt: turn.text.length, waitsSince: now });
    const due = waiting.filter((turn) => now - turn.waitsSince >= (turn.text ? QUIET : SLOW));
    for (const turn of due) change(turn, { slow: true });
    return due.length > 0;
  }

  /** Requests the rest of an answer that is silent for too long, because its end may have been lost. */
  #checkSilence(now) {
    for (const turn of this.#turns.filter((turn) => (turn.begun || turn.past) && turn.state === "open")) {
      if (turn.version !== turn.heard) Object.assign(turn, { heard: turn.version, quietSince: now });
      else if (now - turn.quietSince >= QUIET) {
        turn.quietSince = now;
        lacks(turn);
      }
    }
  }

  #cancels() {
    const due = this.#turns.filter((turn) => turn.cancel && turn.state === "open");
    return due.map((turn) => {
      turn.cancel = false;
      return { action: "cancel", turn: turn.turn };
    });
  }

  #ratings() {
    return this.#turns.filter((turn) => turn.rated).map((turn) => {
      turn.rated = false;
      return { action: "feedback", turn: turn.turn, value: turn.feedback };
    });
  }

  #resumes(now) {
    const due = this.#turns.filter((turn) => turn.gap && turn.asks < ASK_AT_MOST && now - turn.askedAt >= ASK_AGAIN);
    return due.map((turn) => {
      Object.assign(turn, { askedAt: now, asks: turn.asks + 1 });
      return { action: "resume", turn: turn.turn, seq: turn.seq };
    });
  }

  #earlier(now) {
    if (!this.#want || now - this.#want.askedAt < ASK_AGAIN) return [];
    if (this.#want.asks === ASK_AT_MOST) this.#want = null;
    if (!this.#want) return [];
    this.#want = { asks: this.#want.asks + 1, askedAt: now };
    return [{ action: "earlier", turn: this.earlier }];
  }

  #ready({ you, room = null, persona = {}, limit = null, remaining = null, spent = null, history = [], earlier = null }) {
    const reachesHere = !earlier || history.some((entry) => this.find(entry.turn));
    if (you !== this.you || room !== this.place || !reachesHere) this.#turns = [];
    Object.assign(this, { you, place: room, room: room?.startsWith("~") ? null : room, persona, limit, remaining });
    this.#refused = spent;
    const listed = history.map((entry) => this.#listed(entry));
    const kept = this.#turns.filter((turn) => !isAwaited(turn) && !listed.includes(turn));
    for (const turn of kept) if (turn.state === "open") lacks(turn);
    if (!kept.length) this.earlier = earlier;
    if (this.#want) this.#want = this.earlier && { ...fresh };
    this.#turns = [...kept, ...listed];
  }

  /** Puts earlier turns before the others; frames that come twice change nothing. */
  #history({ history = [], earlier = null }) {
    if (!this.earlier || earlier > this.earlier) return;
    const older = history.map((entry) => this.#listed(entry)).filter((turn) => !this.#turns.includes(turn));
    for (const turn of older) turn.past = true;
    Object.assign(this, { earlier });
    this.#want = null;
    this.#turns = [...older, ...this.#turns];
  }

  #listed({ turn: id, from, question, opening = false, at = null, replaces = null, answer = "", code = null, choices = [], feedback = null, state }) {
    const turn = this.find(id) ?? made(id);
    const known = { from, question, opening, at, replaces, choices, feedback };
    if (state === "open") change(turn, { ...known, begun: false, gap: turn.seq > 0, cancel: turn.stop, ...fresh });
    else if (turn.state === "open" || turn.gap) {
      change(turn, { ...known, text: answer, seq: Infinity, code, state, gap: false });
    }
    return turn;
  }

  #question({ turn: id, from, text, opening = false, at, replaces = null }) {
    for (const turn of this.#turns) {
      if (turn.begun && turn.state === "open" && turn.turn !== id) lacks(turn);
    }
    change(this.#turn(id), { from, question: text, opening, at, replaces, begun: true });
  }

  #delta({ turn: id, seq, text }) {
    const turn = this.#turn(id);
    if (seq <= turn.seq || turn.code !== null) return;
    if (seq > turn.seq + 1) lacks(turn);
    else this.#reaches(turn, { seq, text: turn.text + text });
  }

  #snapshot({ turn: id, seq, text = "" }) {
    this.#reaches(this.#turn(id), { seq, text, code: null });
  }

  #notice({ turn: id, code, message }) {
    const turn = this.#turn(id);
    if (turn.from === this.you && SPENT.has(code)) this.#refused = code;
    if (turn.state !== "dropped") change(turn, { code, text: message, gap: false });
  }

  #completed({ turn: id, seq = 0, state, footer = "", choices = [], remaining = this.remaining }) {
    const turn = this.#turn(id);
    const mine = turn.from === this.you;
    if (mine || !this.room) this.remaining = remaining;
    if (mine && turn.code === null && state === "done") this.#refused = null;
    change(turn, { state, footer, choices, last: seq, ...(state === "dropped" && { text: "", seq: Infinity }) });
    if (turn.code === null && turn.seq < seq) lacks(turn);
    if (did(turn, FORGET)) this.#forget(turn);
  }

  /** Removes what the bot has deleted: what the person of this turn asked before it, and the answers. */
  #forget(turn) {
    this.#turns = this.#turns.filter((each) => each === turn || each.state === "open" || each.from !== turn.from);
    if (!this.room) this.earlier = null;
  }

  /** Stores text, but none that comes late of a dropped turn. That closes the gap, unless the turn is over and its last `seq` is higher. */
  #reaches(turn, changes) {
    if (turn.state === "dropped") return;
    change(turn, { ...changes, slow: turn.slow && changes.text === turn.text, gap: turn.last !== null && changes.seq < turn.last });
  }

  #turn(id) {
    const known = this.find(id);
    if (known) return known;
    const turn = made(id);
    this.#turns = [...this.#turns, turn];
    return turn;
  }
}

/** Whether a turn is being answered, or waits for that; an earlier one whose long answer is still on its way is not. */
export const isAwaited = ({ state, past }) => state === "open" && !past;

/** Whether a turn has an answer of the model, whole or stopped. */
export const isAnswered = ({ state, code, text }) => state !== "open" && code === null && Boolean(text);

/** Whether the model opens the conversation with this turn, or has: not if it failed, and the fixed opening counts. */
export const opensIt = ({ opening, state, code, text }) => opening && code === null && (state === "open" || Boolean(text));

export const RESET = "/reset";
export const HELP = "/help";
export const FORGET = "/forget yes";

/** Whether a turn is this command, carried out by the bot. */
const did = ({ question, code, state }, command) =>
  state === "done" && code === "command" && question?.trim().toLowerCase().replace(/\s+/g, " ") === command;

/** Whether a turn is a `/reset` that the bot has carried out. */
export const isReset = (turn) => did(turn, RESET);

const fresh = { asks: 0, askedAt: -Infinity };

const made = (id) => ({ ...EMPTY, ...fresh, turn: id, key: id, gap: false, begun: false, stop: false, cancel: false, rated: false, version: 0 });

function change(turn, changes) {
  Object.assign(turn, changes);
  turn.version += 1;
}

function lacks(turn) {
  if (!turn.gap) Object.assign(turn, { gap: true, ...fresh });
}
