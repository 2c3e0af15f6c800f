/** The columns that have secrets wrapped by the master key, and what each secret is wrapped as. */

/** What the URL that a drive is imaged from is wrapped as: a secret of another kind than the drive's own. */
export const urlSecretOf = (target: string): string => `fetch ${target}`;

const own = (uuid: string) => uuid;

export const WRAPPED_COLUMNS = [
  { table: "drives", id: "uuid", column: "wrapped_secret", objectOf: own },
  { table: "webhooks", id: "uuid", column: "wrapped_secret", objectOf: own },
  { table: "servers", id: "uuid", column: "wrapped_secret", objectOf: own },
  { table: "imagings", id: "target", column: "wrapped_url", objectOf: urlSecretOf },
] as const;
