/** Counts what the page has written to each person since their thread was last looked at. */

const written = (person) => person.messages.filter((message) => message.from === "page").length;

export class Unread {
  #read = null;

  /** Takes note of the world: what was there when this tab opened, and what is being looked at, is read. */
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
