/** Keeps one WebSocket open: connects, authenticates, joins the room, and reconnects when the connection is lost. */

const FIRST = 400;
const SLOWEST = 30_000;
const CROWDED = 60_000;
const READY_WITHIN = 15_000;
const PING_EVERY = 4 * 60_000;
const PONG_WITHIN = 15_000;
/** While an answer is expected, the connection is checked after so many milliseconds without a frame. */
const SILENT = 5_000;

const NEW_TICKET = { ticket_expired: "expire", auth_failed: "forget" };
/** The person has opened too many newer connections. To reconnect by itself would close one of those. */
const REPLACED = "too_many_connections";
/** Refusals whose reason may pass; after any other the page gives up. */
const PASSING = new Set(["ticket_expired", "room_full", "try_again", "too_fast", "slow_down", "crowded"]);
/** Final refusals with a sentence of their own, of `authenticate` and of `join`. */
const NAMED = new Set(["auth_failed", "key_revoked", "wrong_origin", "wrong_room", "blocked", REPLACED]);

export class Link {
  #visitor;
  #room;
  #onFrame;
  #changed;
  #socket = null;
  #failures = 0;
  #rejected = null;
  #joining = false;
  #asked = 0;
  #code;
  #again = 0;
  #deadline = 0;
  #pinging = 0;
  #asks = 0;
  #heardAt = 0;

  /** `onFrame(frame)` gets every frame after authentication; `changed(state, code)` gets connecting, open, lost or closed. */
  constructor({ visitor, room, onFrame, changed }) {
    this.#visitor = visitor;
    this.#room = room;
    this.#onFrame = onFrame;
    this.#changed = changed;
    this.state = "connecting";
    addEventListener("offline", () => this.#cut());
    addEventListener("online", () => this.#back());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  /** Sets the room to join from the next connection on. */
  enter(room) {
    this.#room = room;
  }

  async open() {
    clearTimeout(this.#again);
    this.#again = 0;
    this.#become(this.#failures ? "lost" : "connecting", this.#code);
    const ask = ++this.#asks;
    try {
      const pass = await this.#visitor.pass();
      if (ask === this.#asks) this.#use(pass);
    } catch (error) {
      if (ask !== this.#asks) return;
      if (error.final) this.#become("closed", error.code);
      else this.#later(error.code);
    }
  }

  /** Sends a frame; callers of other modules may do so only while the state is `open`. */
  send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Sends a question with its number on this connection, in whose order the bot asks even those that overtake each other. */
  ask(frame) {
    this.send({ ...frame, n: ++this.#asked });
  }

  /** Reconnects at once, or checks the connection: called when the page is shown again. */
  wake() {
    if (this.#again) this.open();
    else if (this.state === "open") this.#ping();
  }

  /** Called each second while frames are expected: a connection may be dead without a word. */
  watch() {
    const now = performance.now();
    if (this.state !== "open" || now - this.#heardAt < SILENT) return;
    this.#heardAt = now;
    if (!this.#deadline) this.#ping();
  }

  /** The network is gone, which the connection itself would notice only after minutes. A bot on this computer may still be there. */
  #cut() {
    if (this.state === "open") this.drop();
    else if (this.state !== "closed") this.#become("lost", this.#code);
  }

  /** The network is back: what was tried without it has no chance, and need not be waited for. */
  #back() {
    if (this.state === "open") return this.#ping();
    if (this.state === "closed") return;
    if (this.#socket) this.#let(this.#socket);
    this.#failures = 0;
    this.open();
  }

  /** Opens a new connection, as the person that the visitor is now. */
  restart() {
    if (this.#socket) this.#let(this.#socket);
    this.#failures = 0;
    this.#rejected = null;
    this.#code = undefined;
    return this.open();
  }

  /** Gives up a connection that is closed or does not respond, and schedules a new one. */
  drop(code) {
    const socket = this.#socket;
    if (!socket) return;
    this.#let(socket);
    this.#later(code);
  }

  #use({ websocket_url: url, ticket, token }) {
    const socket = new WebSocket(url);
    const mine = (does) => (event) => socket === this.#socket && does(event);
    this.#socket = socket;
    this.#joining = false;
    this.#asked = 0;
    this.#within(READY_WITHIN);
    socket.addEventListener("open", mine(() => this.send({ action: "authenticate", ticket, token })));
    socket.addEventListener("message", mine((event) => this.#receive(JSON.parse(event.data))));
    socket.addEventListener("close", mine(() => this.drop()));
  }

  #receive(frame) {
    this.#heardAt = performance.now();
    if (this.state === "open") this.#alive();
    if (frame.type === "pong") return;
    const refused = this.state !== "open" || frame.code === REPLACED;
    if (frame.type === "error" && refused) return this.#refused(frame);
    if (frame.type === "ready" && this.#room && frame.room !== this.#room) {
      this.#joining = true;
      return this.send({ action: "join", room: this.#room });
    }
    if (frame.type === "ready") this.#ready();
    if (this.state === "open") this.#onFrame(frame);
  }

  #ready() {
    this.#alive();
    this.#failures = 0;
    this.#rejected = null;
    clearInterval(this.#pinging);
    this.#pinging = setInterval(() => this.#ping(), PING_EVERY);
    this.#become("open");
  }

  #ping() {
    this.send({ action: "ping" });
    this.#within(PONG_WITHIN);
  }

  /** Handles a refused `authenticate` or `join`: a ticket that has expired or is invalid is replaced, once for each code. */
  #refused({ code }) {
    const cure = NEW_TICKET[code];
    const again = cure && this.#rejected !== code;
    if (again) this.#visitor[cure]();
    if (again) this.#rejected = code;
    if (again || PASSING.has(code)) return this.drop(code);
    this.#let(this.#socket);
    const other = this.#joining ? "no_room" : "auth_failed";
    this.#become("closed", NAMED.has(code) ? code : other);
  }

  #let(socket) {
    this.#socket = null;
    this.#alive();
    clearInterval(this.#pinging);
    socket.close();
  }

  #later(code) {
    this.#failures += 1;
    const longest = code === "too_many_tickets" ? CROWDED : Math.min(SLOWEST, FIRST * 2 ** (this.#failures - 1));
    this.#again = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
    this.#become("lost", code);
  }

  #alive() {
    clearTimeout(this.#deadline);
    this.#deadline = 0;
  }

  #within(time) {
    this.#alive();
    this.#deadline = setTimeout(() => this.drop(), time);
  }

  /** The code of a failure is kept while the next attempt runs, so that the reader keeps seeing the reason. */
  #become(state, code) {
    this.state = state;
    this.#code = code;
    const offline = state === "lost" && !navigator.onLine;
    this.#changed(state, offline ? "no_network" : code);
  }
}
