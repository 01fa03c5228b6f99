/**
 * Signs the reader in with the issuer that the bot trusts: in this tab, or, since issuers refuse to be framed, in a window
 * of its own. The ID token is kept for this tab only, and there is no other one.
 */

import { ATTEMPT, attempt, claims, LEFT, RETURNED } from "./attempt.js";
import { dropDrafts } from "./draft.js";
import { Refused, storage } from "./visitor.js";

const TOKEN = "parley.sign-in.token";
const OUT = "parley.signed-out";
const WINDOW = "popup,width=480,height=720";
const PATIENT = 28_000;
/** How long a frame waits for its window, and how often it asks, in milliseconds. */
const WAITS = 5 * 60_000;
const ASKS = 1_000;
const ASKS_AT_LEAST = 6_000;

export class SignIn {
  #key;
  #room;
  #changed;
  #next = null;
  #waiting = null;
  #config = null;
  #token = storage(TOKEN, "sessionStorage");
  #out = storage(OUT);
  #others = "BroadcastChannel" in globalThis ? new BroadcastChannel(OUT) : null;

  /** Why the last attempt failed, or why the reader has to sign in: a code, or null. */
  trouble = null;

  /** `changed()` is called when anything that is shown may have changed. */
  constructor({ key, room, changed }) {
    this.#key = key;
    this.#room = room ?? "";
    this.#changed = changed;
    /** Not in a room of a key, which is for the key's visitors; browsers have no `subtle` on pages without https. */
    this.offered = Boolean(crypto.subtle) && !(key && room);
    this.#others?.addEventListener("message", () => this.#token.read() && this.#begone());
    addEventListener("pageshow", ({ persisted }) => persisted && this.isActive && this.#isOutdated() && this.#begone());
    if (!this.#valid()) this.#token.write(null);
  }

  /** Whether the reader has signed in on this page, also if that has ended since: then this page asks to sign in again. */
  get isSignedIn() {
    return this.offered && this.#token.read() !== null;
  }

  /** Whether the reader can sign out: also with a token that has expired, while its connection is open. */
  get isActive() {
    return Boolean(this.#kept()?.token);
  }

  get isWaiting() {
    return this.#waiting !== null;
  }

  /** Finishes an attempt that has come back; prepares the next one, since a window may be opened only in the click itself. */
  async prepare() {
    if (!this.offered) return;
    await this.#comeBack();
    this.#next = await attempt(this.#key, this.#room);
  }

  get isReady() {
    return this.#next !== null;
  }

  /** Leaves for the issuer; `true` once the reader has signed in, in a window. Called in the click. */
  async begin() {
    const made = this.#next;
    const address = this.#address(made);
    this.trouble = null;
    if (parent === window) {
      storage(ATTEMPT, "sessionStorage").write(JSON.stringify(made));
      location.assign(address);
      return false;
    }
    this.#waiting = made;
    window.open(address, "_blank", WINDOW);
    this.#changed();
    this.#next = await attempt(this.#key, this.#room);
    return this.#collect(made);
  }

  /** Waits for the window no more. */
  cancel() {
    this.#waiting = null;
    this.#changed();
  }

  /** Forgets the token in all tabs, and reloads the page, so that nothing of the person is left on it. */
  out() {
    this.#out.write(JSON.stringify({ id: crypto.randomUUID(), ask: true }));
    this.#others?.postMessage("");
    this.#begone();
  }

  /** Returns `{websocket_url, persona, token}`. Throws Refused, or TypeError offline. */
  async pass() {
    if (!this.#valid()) {
      this.forget();
      throw new Ended();
    }
    return { ...(await this.config()), token: this.#kept().token };
  }

  /** Returns `{websocket_url, persona}` for people who sign in. Throws as `pass` does. */
  async config() {
    return (this.#config ??= await this.#fetched());
  }

  /** Drops a token that the bot does not accept (any more). */
  forget() {
    this.#token.write(JSON.stringify({ token: "", until: 0 }));
    this.#changed();
  }

  expire() {
    this.forget();
  }

  #address({ state, nonce, challenge }) {
    const again = this.#lastOut().ask && { again: "1" };
    const address = new URL("chat/sign-in", document.baseURI);
    address.search = new URLSearchParams({ state, nonce, challenge, ...again });
    return address;
  }

  async #comeBack() {
    const read = (name) => {
      const kept = storage(name, "sessionStorage");
      const value = JSON.parse(kept.read() ?? "null");
      kept.write(null);
      return value;
    };
    const [made, returned] = [read(ATTEMPT), read(RETURNED)];
    if (!made || returned?.state !== made.state) return;
    if (!returned.code) return this.#failed("sign_in_failed");
    await this.#exchange(made, { code: returned.code }).catch(() => this.#failed("sign_in_unavailable"));
  }

  /** Asks for the code until the window has handed it over, at once when the reader comes back to this tab. */
  async #collect(made) {
    const end = Date.now() + WAITS;
    for (let pause = ASKS; Date.now() < end; pause = Math.min(pause * 1.2, ASKS_AT_LEAST)) {
      await someTime(pause);
      if (this.#waiting !== made) return false;
      const over = await this.#exchange(made, { secret: made.secret }).catch(() => false);
      if (over) break;
    }
    if (this.#waiting === made) this.cancel();
    return this.isActive;
  }

  /** Exchanges a code for the token; false while there is none yet. */
  async #exchange({ verifier, nonce }, proof) {
    const response = await fetch(new URL("chat/sign-in", document.baseURI), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ verifier, ...proof }),
      signal: AbortSignal.timeout(PATIENT),
    });
    if (response.status === 202) return false;
    const { token, error } = await response.json().catch(() => ({}));
    if (!token && !error && proof.secret) return false; // API Gateway has refused it, so the code still waits
    if (!token) return this.#failed(response.status === 401 ? "sign_in_failed" : "sign_in_unavailable");
    const { nonce: theirs, iat, exp } = claims(token);
    if (theirs !== nonce) return this.#failed("sign_in_failed");
    const { id } = this.#lastOut();
    this.#token.write(JSON.stringify({ token, until: Date.now() + (exp - iat) * 1000, out: id }));
    this.#out.write(id ? JSON.stringify({ id, ask: false }) : null);
    return true;
  }

  #failed(code) {
    this.trouble = code;
    this.#changed();
    return true;
  }

  async #fetched() {
    const response = await fetch(new URL("config", document.baseURI), { cache: "no-store", signal: AbortSignal.timeout(PATIENT) });
    if (!response.ok) throw new Refused(response.status);
    return response.json();
  }

  #kept() {
    return JSON.parse(this.#token.read() ?? "null");
  }

  #valid() {
    return Date.now() < (this.#kept()?.until ?? 0) && !this.#isOutdated();
  }

  /** Whether the reader has signed out since, in another tab: this one may have been elsewhere, or closed and opened again. */
  #isOutdated() {
    return this.#kept()?.out !== this.#lastOut().id;
  }

  /** The last sign-out in this browser: its `id`, and whether the next sign-in has to `ask` for the password. */
  #lastOut() {
    return JSON.parse(this.#out.read() ?? "{}");
  }

  #begone() {
    for (const name of [TOKEN, ATTEMPT, RETURNED, LEFT]) storage(name, "sessionStorage").write(null);
    dropDrafts();
    location.reload();
  }
}

/** The sign-in has ended: only the reader can begin a new one. */
class Ended extends Error {
  code = "sign_in_ended";
  final = true;
}

/** Resolves after a time, or earlier, when the page is shown again. */
function someTime(time) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, time);
    function done() {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", done);
      resolve();
    }
    document.addEventListener("visibilitychange", done);
  });
}
