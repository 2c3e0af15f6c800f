/** Keys of a drive that have a column or a rule of their own; all others are attributes. */
export const COLUMN_KEYS: ReadonlySet<string> = new Set(["size", "claim:type", "encryption:cipher"]);
