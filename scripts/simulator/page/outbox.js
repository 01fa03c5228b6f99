/** Keeps the messages sent from this tab: shows them before the simulator lists them, and can send them again. */

let count = 0;

const sameWords = (item, message) =>
  item.action.attachment ? message.attachments?.includes(item.action.attachment) : message.text === words(item.action);

const words = (action) => action.text ?? action.title ?? "";

/** Returns the action that sends again a message that only the simulator has. */
const actionOf = (message) =>
  message.attachments?.length ? { attachment: message.attachments[0] } : { text: message.text };

export class Outbox {
  #items = [];
  #replaced = new Set();
  #send;
  #changed;
  #refresh;

  /** `send(psid, action)` calls the webhook, `changed()` redraws, `refresh()` polls the simulator and returns whether it responded. */
  constructor({ send, changed, refresh }) {
    this.#send = send;
    this.#changed = changed;
    this.#refresh = refresh;
  }

  async send(person, action) {
    const item = { key: `mine-${++count}`, psid: person.psid, action, at: Date.now(), known: person.messages.length };
    this.#items.push(Object.assign(item, { mid: null, status: "sending", listed: false }));
    this.#changed();
    try {
      const { mid, status } = await this.#send(person.psid, action);
      Object.assign(item, { mid, status: status === 200 ? "sent" : "failed" });
    } catch {
      item.status = "failed";
    }
    this.#changed();
    item.listed = (await this.#refresh()) && item.status === "sent";
    this.#changed();
  }

  /** Sends a failed message again, as the last one. */
  retry(person, message) {
    const item = this.#items.find((other) => other.key === message.key);
    this.#items = this.#items.filter((other) => other !== item);
    this.#replaced.add(message.mid);
    return this.send(person, item?.action ?? actionOf(message));
  }

  /** Returns a person's messages to show: those of the simulator, then those it does not list yet. */
  messagesOf(person) {
    const mine = this.#items.filter((item) => item.psid === person.psid);
    this.#recognise(mine, person.messages);
    const listed = person.messages.filter((message) => !this.#replaced.has(message.mid));
    const mids = new Set(person.messages.map((message) => message.mid));
    const waiting = mine.filter((item) => !item.listed && !mids.has(item.mid));
    return [...listed.map((message) => known(message, mine)), ...waiting.map(unknown)];
  }

  /** Matches sent items with the simulator's messages, so that none is shown twice. */
  #recognise(items, messages) {
    const taken = new Set(items.map((item) => item.mid));
    for (const item of items.filter((other) => other.mid === null && other.status === "sending")) {
      const found = messages.slice(item.known).find(
        (message) => message.from === "person" && !taken.has(message.mid) && sameWords(item, message),
      );
      if (found) taken.add((item.mid = found.mid));
    }
  }
}

function known(message, items) {
  const item = items.find((other) => other.mid === message.mid);
  return { ...message, key: item?.key ?? message.mid, status: item?.status === "sending" ? "sending" : message.status };
}

const unknown = ({ key, mid, action, at, status }) => ({
  key,
  mid,
  at,
  status,
  from: "person",
  text: words(action),
  attachments: action.attachment ? [action.attachment] : [],
});
