/**
 * What an account uses, counted by resource (accounts: what is counted), and the most that it may: its own limits, and the
 * daemon's where it has none.
 */
import { z } from "zod";
import { readColumn } from "../base/column.ts";
import { LEVELS, type Level } from "../metering/resources.ts";

/** In the order in which they are answered: whatever there is a level of. */
export const RESOURCES = LEVELS;
export type Resource = Level;

/** What a sentence calls an amount of each. */
export const AMOUNTS: Readonly<Record<Resource, string>> = {
  cpu: "core MHz of servers that run",
  mem: "MB of memory of servers that run",
  disk: "bytes of drives",
  ip: "static addresses",
  vlan: "VLANs",
  servers: "servers",
  drives: "drives",
};

/** Amounts of some resources, in their units. */
export type Amounts = Readonly<Partial<Record<Resource, number>>>;

/** The most that an account may have of each, where nothing else is said of it. */
export type Limits = {
  readonly servers: number;
  readonly drives: number;
  /** Static addresses. */
  readonly ip: number;
  readonly vlan: number;
};

/** More than one machine's user has, and few enough that what lists cost stays small. */
export const DEFAULT_LIMITS: Limits = { servers: 2_000, drives: 5_000, ip: 256, vlan: 256 };

const AMOUNT = z.int().min(0);
const OWN = z.object(Object.fromEntries(RESOURCES.map((resource) => [resource, AMOUNT.optional()])));

/** An account's own limits as they are stored. Errors: `failed`, naming whose they are, when `text` is none. */
export const readOwnLimits = (text: string, user: string): Amounts =>
  readColumn(OWN, text, `the limits of account ${user}`);

/** As they are stored. */
export const ownLimitsText = (limits: Amounts): string => JSON.stringify(limits);
