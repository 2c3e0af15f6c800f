/** What a check is given, and what it finds. */
import type { Check } from "../host.ts";

export type Examined = {
  /** The cloud's folder, which need not be there. */
  readonly home: string;
  /** Its end of the guests' uplink, as rules for it name it. */
  readonly uplink: string;
  /** Whom a guest is tried as; null: whoever examines. */
  readonly uid: number | null;
  /** A folder of its own, which is there. */
  readonly scratch: string;
  /** A control group that nobody else uses. */
  readonly group: string;
};

/** Without its verdict: what follows is said only where something is lacking. */
export type Found = Omit<Check, "name" | "verdict">;
