/** The columns that have secrets wrapped by the master key, what each secret is wrapped as, and its name for people. */

/** What the URL that a drive is imaged from is wrapped as: a secret of another kind than the drive's own. */
export const urlSecretOf = (target: string): string => `fetch ${target}`;

const own = (uuid: string) => uuid;
const keyOf = (noun: string) => (uuid: string) => `the key of ${noun} ${uuid}`;
const urlOf = (target: string) => `the URL that drive ${target} is imaged from`;

export const WRAPPED_COLUMNS = [
  { table: "drives", id: "uuid", column: "wrapped_secret", objectOf: own, nameOf: keyOf("drive") },
  { table: "webhooks", id: "uuid", column: "wrapped_secret", objectOf: own, nameOf: keyOf("webhook") },
  { table: "servers", id: "uuid", column: "wrapped_secret", objectOf: own, nameOf: keyOf("server") },
  { table: "imagings", id: "target", column: "wrapped_url", objectOf: urlSecretOf, nameOf: urlOf },
] as const;
