/** Counts the page's messages to each person since their thread was last open. */

const written = (person) => person.messages.filter((message) => message.from === "page").length;

export class Unread {
  #read = null;

  /** Updates the counts: messages from before this tab opened and those of the open thread count as read. */
  look(people, { at }) {
    this.#read ??= new Map(people.map((person) => [person.psid, written(person)]));
    for (const person of people) {
      if (person.psid === at || this.count(person) < 0) this.#read.set(person.psid, written(person));
    }
  }

  count(person) {
    return written(person) - (this.#read?.get(person.psid) ?? 0);
  }
}
