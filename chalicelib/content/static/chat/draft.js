/** Keeps in this tab, over a reload, what is being written, and the messages that the bot has not accepted yet. */

import { storage } from "./visitor.js";

const NAME = "parley.draft.";

/**
 * Returns the draft of a key: its `words`, which may be set. `open(room)` is called first, and for another room again: it
 * returns the messages that the page had left there. That of a `signed` visitor is not stored, because the next visitor
 * in this tab may be another one.
 */
export function draftOf(key, signed) {
  if (signed) dropDrafts();
  let [kept, written, waiting] = [];

  const write = () => kept.write(written || waiting !== "[]" ? `{"words":${JSON.stringify(written)},"messages":${waiting}}` : null);
  return {
    open(room) {
      kept = signed ? { read: () => null, write() {} } : storage(`${NAME}${key}.${room ?? ""}`, "sessionStorage");
      const { words = "", messages = [] } = JSON.parse(kept.read() ?? "{}");
      [written, waiting] = [words, JSON.stringify(messages)];
      return messages;
    },
    get words() {
      return written;
    },
    set words(words) {
      if (words === written) return;
      written = words;
      write();
    },
    /** Keeps these messages of the outbox, and no others. */
    hold(items) {
      const open = items.filter((item) => item.status !== "accepted");
      const now = JSON.stringify(open.map(({ text, title, replaces, edited, id, at, status, code }) => ({ text, title, replaces, edited, id, at, code: status === "failed" ? code : null })));
      if (now === waiting) return;
      waiting = now;
      write();
    },
  };
}

/** Deletes the drafts of all chats in this tab. */
export function dropDrafts() {
  try {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(NAME)) sessionStorage.removeItem(name);
  } catch {
    /* Where the browser refuses storage, drafts are in memory only. */
  }
}
