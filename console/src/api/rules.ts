/** What can be done now, and why not, and how text stands in a value: the API's own rules, of which its refusals are made too. */
import { capital } from "./errors.ts";

export { textInValue, valueOfText } from "../../../src/api/lines.ts";
export { driveCan, driveStateOf } from "../../../src/drives/can.ts";
export { serverCan, serverStateOf, settableNow } from "../../../src/servers/can.ts";

/** Why something cannot be done, as a sentence of its own. */
export const reasonSentence = ({ sentence }: { readonly sentence: string }): string =>
  `${capital(sentence)}.`;
