/** The argument of `lodge adopt` and `lodge forget`: one object that the store does not know. */
import { missing, usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";

/** The uuid of it. Errors: `usage`, `missing`. */
export function uuidIn([text, ...more]: readonly string[], word: string): string {
  if (text === undefined || more.length > 0) throw usage(`${word} takes the uuid of one server or drive`);
  const uuid = parseUuid(text);
  if (uuid === null) throw missing(`there is no server or drive ${text.slice(0, 60)}`);
  return uuid;
}
