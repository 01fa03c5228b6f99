/** Fetches the ticket that authenticates this visitor, and stores the last one so that the visitor stays the same. */

const EARLY = 30_000;
const PATIENT = 15_000;

const REFUSALS = { 401: "auth_failed", 403: "wrong_origin", 404: "no_chat", 429: "too_many_tickets" };
const LATER = new Set([408, 425, 429]);
const UNREADABLE = "the visitor's token has a space or another character that tokens do not have";
/** What a header can have; the server tells a token from other texts. */
const TOKEN = /^[\x21-\x7e]+$/;

/** The address of the page lacks the id of a key. */
const NO_CONFIG = Object.assign(new Error(), { code: "no_config", final: true });

/** The server issued no ticket: `code` is the reason, `final` means that a retry will not help. */
export class Refused extends Error {
  constructor(status) {
    const final = status >= 400 && status < 500 && !LATER.has(status);
    const code = REFUSALS[status] ?? (final ? "no_chat" : "no_answer");
    super(code);
    this.code = code;
    this.final = final;
  }
}

/** Whether there is a conversation that a person who signs in may take along, or who did so wants none of it. */
const SOME = "some";
const NONE = "none";

export class Visitor {
  #id;
  #url;
  #kept;
  #along;
  #met;
  #signed;
  #pass = null;
  #until = 0;

  /**
   * `id` is the id of the API key. The URL is relative to the page's, whose path may begin with a stage's name.
   * `met(pass)` is called with each new pass, which has the persona, before a connection is opened. `signed()` returns
   * the token by which the page around the widget says who its visitor is; it is null for a visitor of this browser.
   * `kept` is where the ticket is kept, unless that is the browser's storage for this page.
   * No ticket of a signed visitor is stored, and none of an earlier visitor stays stored.
   */
  constructor(id, { met, signed, kept }) {
    this.#met = met;
    this.#signed = signed;
    this.#id = id;
    this.#url = new URL(`config/${encodeURIComponent(id)}`, document.baseURI);
    this.#kept = kept ?? storage(`parley.ticket.${id}`);
    this.#along = storage(`parley.along.${id}`);
    if (signed) this.#kept.write(null);
  }

  /** Returns `{websocket_url, ticket, persona, limit}` with a ticket that is valid for a while. Throws Refused, TypeError offline, or an error of the same form as Refused. */
  async pass() {
    if (Date.now() < this.#until) return this.#pass;
    const response = await this.#ask();
    if (!response.ok) throw new Refused(response.status);
    this.#pass = await response.json();
    this.#until = Date.now() + this.#pass.expires_in * 1000 - EARLY;
    if (!this.#signed) this.#kept.write(this.#pass.ticket);
    this.#met(this.#pass);
    return this.#pass;
  }

  /** Drops an expired ticket; the next one is for the same visitor. */
  expire() {
    this.#until = 0;
  }

  /** Drops an invalid ticket; the next one is for a new visitor. */
  forget() {
    this.#until = 0;
    this.#kept.write(null);
    this.#along.write(null);
  }

  /** Notes whether this visitor of the browser has a conversation. */
  has(conversation) {
    if (!this.#signed && this.#along.read() !== NONE) this.#along.write(conversation ? SOME : null);
  }

  /** The ticket of the visitor whose conversation may be taken along; null if there is none. */
  get left() {
    return this.#along.read() === SOME ? this.#kept.read() : null;
  }

  /** Lets the conversation stay this visitor's, for good. */
  stay() {
    this.#along.write(NONE);
  }

  async #ask() {
    if (!this.#id) throw NO_CONFIG;
    if (this.#signed) return this.#askAs(await this.#signed());
    await this.#kept.ready;
    const ticket = this.#kept.read();
    const response = await this.#get(ticket ? { Authorization: `Bearer ${ticket}` } : {});
    if (!ticket || ![400, 401].includes(response.status)) return response;
    this.forget();
    return this.#get({});
  }

  /** Tells the site's developer in the console why a token is refused. */
  async #askAs(token) {
    const response = TOKEN.test(token) ? await this.#get({ "Parley-Visitor": token }) : Response.json({ error: UNREADABLE }, { status: 401 });
    if (response.status === 401) console.error(`Parley: ${(await response.json()).error}`);
    return response;
  }

  #get(headers) {
    return fetch(this.#url, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENT) });
  }
}

/** A value in the browser's storage; in memory only, if the browser does not allow storage. */
export function storage(name, place = "localStorage") {
  let here = null;
  return {
    read() {
      try {
        return window[place].getItem(name) ?? here;
      } catch {
        return here;
      }
    },
    write(value) {
      here = value;
      try {
        if (value === null) window[place].removeItem(name);
        else window[place].setItem(name, value);
      } catch {
        /* Browsers may refuse storage to a page in a frame: the visitor then stays the same while the page is open. */
      }
    },
  };
}
