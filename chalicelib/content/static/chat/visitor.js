/** Gets the ticket that says who this visitor is, and keeps the last one so that they stay the same. */

const EARLY = 30_000;
const PATIENT = 15_000;

const REFUSALS = { 403: "wrong_origin", 404: "no_chat", 429: "too_many_tickets" };
const FINAL = new Set(["wrong_origin", "no_chat"]);

/** There is no ticket to be had: `code` says why, `final` that it is no use to ask again. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
    this.final = FINAL.has(code);
  }
}

export class Visitor {
  #url;
  #kept;
  #met;
  #pass = null;
  #until = 0;

  /**
   * `id` is the key's; the page may stand below the name of a stage, so its own address says where to ask.
   * `met(pass)` hears who is at the other end, before anything is connected.
   */
  constructor(id, { met }) {
    this.#met = met;
    this.#url = new URL(`config/${encodeURIComponent(id)}`, document.baseURI);
    this.#kept = storage(`parley.ticket.${id}`);
  }

  /** `{websocket_url, ticket, persona, limit}`, with a ticket that is good for a while. Raises Refused, or TypeError offline. */
  async pass() {
    if (Date.now() < this.#until) return this.#pass;
    const response = await this.#ask();
    if (!response.ok) throw new Refused(REFUSALS[response.status] ?? "no_answer");
    this.#pass = await response.json();
    this.#until = Date.now() + this.#pass.expires_in * 1000 - EARLY;
    this.#kept.write(this.#pass.ticket);
    this.#met(this.#pass);
    return this.#pass;
  }

  /** The ticket is over; the next one is for the same visitor. */
  expire() {
    this.#until = 0;
  }

  /** The ticket is no good at all; the next one is for somebody new. */
  forget() {
    this.#until = 0;
    this.#kept.write(null);
  }

  async #ask() {
    const ticket = this.#kept.read();
    const response = await this.#get(ticket ? { Authorization: `Bearer ${ticket}` } : {});
    if (!ticket || ![400, 401].includes(response.status)) return response;
    this.forget();
    return this.#get({});
  }

  #get(headers) {
    return fetch(this.#url, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENT) });
  }
}

/** What a browser remembers under a name; only while the page is open where it may remember nothing. */
function storage(name) {
  let here = null;
  return {
    read() {
      try {
        return localStorage.getItem(name) ?? here;
      } catch {
        return here;
      }
    },
    write(value) {
      here = value;
      try {
        if (value === null) localStorage.removeItem(name);
        else localStorage.setItem(name, value);
      } catch {
        /* Framed pages may be refused this: the visitor stays the same as long as the page is open. */
      }
    },
  };
}
