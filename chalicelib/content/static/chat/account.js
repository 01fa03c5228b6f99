/** The button that signs the reader in and out, and what is said about it. */

import { mentionAloud } from "./aloud.js";
import { byId, say } from "./dom.js";
import { t, trouble } from "./words.js";

/** Returns the person that the page connects as: the one who has signed in, else the visitor of the key. Its methods are those of Visitor. */
export function person({ key, visitor, signIn, greet }) {
  const current = () => (signIn.isSignedIn ? signIn : visitor);
  return {
    async pass() {
      if (!signIn.isSignedIn && !key && signIn.offered) {
        greet((await signIn.config()).persona);
        throw Object.assign(new Error(), { code: "sign_in_first", final: true });
      }
      const pass = await current().pass();
      if (signIn.isSignedIn) greet(pass.persona);
      return pass;
    },
    expire: () => current().expire(),
    forget: () => current().forget(),
  };
}

/** Returns `show()`; `became()` is called when the reader has signed in, in a window. */
export function account(signIn, { became }) {
  const button = byId("account");
  const begin = async () => {
    if (await signIn.begin()) became();
    show();
  };
  button.addEventListener("click", () => (signIn.isActive ? signIn.out() : begin()));
  byId("cancel").addEventListener("click", () => signIn.cancel());

  function show() {
    button.hidden = !signIn.offered;
    button.disabled = !signIn.isReady || signIn.isWaiting;
    say(button, t(signIn.isActive ? "sign_out" : "sign_in"));
    mentionAloud(byId("account-words"), signIn.isWaiting ? t("in_window") : signIn.trouble && trouble(signIn.trouble));
    byId("account-news").hidden = byId("account-words").hidden;
    byId("cancel").hidden = !signIn.isWaiting;
  }
  return show;
}
