/** Talks to the world that serves this page: every request the page makes is one of these. */

const QUICK = 5_000;
const PATIENT = 60_000;

/** The world did not answer, or not with what was asked for. */
export class Unreachable extends Error {}

async function request(path, { timeout, ...options }) {
  try {
    const response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(timeout) });
    if (!response.ok) throw new Unreachable(`${path} answered ${response.status}`);
    return await response.json();
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable(path, { cause: error });
  }
}

const get = (path) => request(path, { timeout: QUICK });

const post = (path, body) =>
  request(path, {
    timeout: PATIENT,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

export const messenger = () => get("/world/messenger");
export const quota = (psid) => get(`/world/quota?person=${encodeURIComponent(psid)}`);
export const calls = (since) => get(`/world/graph/calls?since=${since}`);
export const addPerson = (name) => post("/world/messenger/people", { name });

/** Does as `psid` what `action` says; answers what the webhook said to it: `{mid, status}`. */
export const send = (psid, action) => post("/world/messenger/send", { person: psid, ...action });
