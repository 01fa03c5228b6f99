/** Asks a person who has signed in whether to take along the conversation that was held before in this browser. */

import { mentionAloud } from "./aloud.js";
import { byId } from "./dom.js";
import { t, trouble } from "./words.js";

/** `send(frame)` sends on the person's connection; `decided()` is called after a press of a button. */
export function along({ signIn, visitor, send, decided }) {
  let [ready, sent, failed] = [false, false, false];

  byId("along-yes").addEventListener("click", () => {
    sent = true;
    send({ action: "take_along", ticket: visitor.left });
    decide();
  });
  byId("along-no").addEventListener("click", () => {
    visitor.stay();
    decide();
  });

  function decide() {
    show();
    decided();
  }

  function show() {
    const asks = ready && !sent && Boolean(visitor.left);
    mentionAloud(byId("along-words"), asks ? t("take_along") : failed && trouble("not_taken_along"));
    byId("along").hidden = byId("along-words").hidden;
    byId("along-choice").hidden = !asks;
  }

  /** The `ready` or the refusal that follows a yes. Only then is the ticket forgotten: an answer that is lost changes nothing. */
  function answered({ type, code, id }) {
    if (type === "ready") visitor.forget();
    else if (type !== "error" || id) return;
    if (code === "not_taken_along") visitor.stay();
    failed = code === "not_taken_along";
    sent = false;
  }

  return {
    /** Called with each frame, after the conversation has applied it. */
    receive(frame, { room, current }) {
      if (sent) answered(frame);
      if (!signIn.isSignedIn && !room) visitor.has(current.length > 0);
      if (frame.type === "ready") ready = signIn.isSignedIn && signIn.isActive;
      show();
    },
    /** The connection is lost, or another person's. */
    broke() {
      [ready, sent, failed] = [false, false, false];
      show();
    },
  };
}
