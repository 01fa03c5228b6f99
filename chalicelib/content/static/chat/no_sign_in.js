/** What the page does about sign-in where the bot has none: it is never offered, and no reader is signed in. */

class SignIn {
  async prepare() {}
}

export const WITHOUT_SIGN_IN = { SignIn, account: () => () => {}, along: () => ({ receive() {}, broke() {} }), person: ({ visitor }) => visitor };
