/** Sends requests to the simulator that serves this page; the page makes no others. */

const QUICK = 5_000;
const PATIENT = 60_000;

/** The simulator did not respond, or with an error. */
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
export const mails = (since) => get(`/world/owner/calls?since=${since}`);
export const personas = () => get("/world/personas");
export const practise = (trial) => post("/world/practise", trial);
export const addPerson = (name) => post("/world/messenger/people", { name });

/** Sends `action` as the person `psid`; returns the webhook's response, `{mid, status}`. */
export const send = (psid, action) => post("/world/messenger/send", { person: psid, ...action });

/** Writes to the person `psid` as a human in the page's inbox. */
export const answer = (psid, text) => post("/world/messenger/inbox", { person: psid, text });
