/**
 * What a key opens (accounts: keys): everything, all commands that read, or the commands of some areas. A command is of
 * the area that its path begins with, and what it does to the world is in its row, so the table of commands itself says
 * whether a key opens it.
 */
import { words } from "./value.ts";

/** The areas that a scope can name, in the order in which they are answered. */
export const AREAS = ["drives", "servers", "resources", "profile"] as const;
export type Area = (typeof AREAS)[number];

export type Scope = "all" | "read" | readonly Area[];

/** The scope that `text` says, null where it says none: `all`, `read`, or areas with spaces between. */
export function parseScope(text: string): Scope | null {
  if (text === "all" || text === "read") return text;
  const named = words(text);
  const areas = AREAS.filter((area) => named.includes(area));
  const isKnown = (word: string) => areas.some((area) => area === word);
  return areas.length > 0 && named.every(isKnown) ? areas : null;
}

/** As `parseScope` reads it, its areas in their order. */
export const scopeText = (scope: Scope): string => (typeof scope === "string" ? scope : scope.join(" "));

/** What of a command's row says which keys open it. */
type Row = {
  readonly path: string;
  readonly effect: "reads" | "changes";
  readonly session?: "begins" | "ends";
};

/** What everybody may ask (accounts: the caller's own account). */
const EVERYBODYS = "pricing/info";

/** Whether a key of that scope opens the command. */
export function opens(scope: Scope, { path, effect, session }: Row): boolean {
  // It opens no more than the key does.
  if (session !== undefined) return true;
  if (path === EVERYBODYS) return true;
  if (scope === "all") return true;
  if (scope === "read") return effect === "reads";
  return scope.some((area) => path === area || path.startsWith(`${area}/`) || path.startsWith(`${area}[`));
}

/** Whether all that `narrow` opens is opened by `wide`, too. */
export function covers(wide: Scope, narrow: Scope): boolean {
  if (wide === "all") return true;
  if (typeof wide === "string" || typeof narrow === "string") return wide === narrow;
  return narrow.every((area) => wide.includes(area));
}
