/** Lets the visitor edit a question in the field for writing; what was there before is put back afterwards. */

import { aloud } from "./aloud.js";
import { byId } from "./dom.js";
import { t } from "./words.js";

/** Returns `{begin(entry), take(), end()}`; `swap(words)` puts other words into the field and returns those that were there. */
export function editing(swap) {
  const field = byId("words");
  let [turn, before] = [null, ""];

  const become = (next) => {
    turn = next;
    byId("editing").hidden = turn === null;
  };
  const end = () => {
    if (turn === null) return;
    become(null);
    swap(before);
  };
  byId("editing-end").addEventListener("click", () => {
    end();
    field.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || turn === null) return;
    event.stopPropagation();
    end();
  });
  return {
    begin(entry) {
      const was = swap(entry.question);
      if (turn === null) before = was;
      become(entry.turn);
      field.focus();
      aloud(t("editing"));
    },
    /** Ends it because the words are sent: returns the turn that they replace, or null, and the words for the field. */
    take() {
      const taken = [turn, turn === null ? "" : before];
      become(null);
      return taken;
    },
    end,
  };
}
