/** What the page does about sign-in where the bot has it. */

import { account, person } from "./account.js";
import { along } from "./along.js";
import { SignIn } from "./sign_in.js";

export const WITH_SIGN_IN = { SignIn, account, along, person };
