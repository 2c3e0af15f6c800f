/** What events tell. */
import type { Event } from "../api/events.ts";
import { text } from "./text.ts";

/** A VLAN is called by a UUID, an address has dots or colons. */
const ADDRESS = /[.:]/;

/** What was done, in words, as far as there are some for the command. */
export const saidOf = ({ command, object = "", outcome }: Event): string | undefined =>
  (outcome === "done" ? text.ended[command] : undefined) ??
  text.reads[command] ??
  text.commands[command.replace("/TYPE/", ADDRESS.test(object) ? "/ip/" : "/vlan/")];

/** Whether it was a look alone, as the operator's at what is others'. */
export const isRead = ({ command }: Event) => command in text.reads;

export const isFailed = ({ outcome }: Event) => outcome !== "done" && outcome !== "begun";

/** How long a command may have gone on with what its event says it began. */
const GOES_ON_S = 60;
/** What goes on for as long as it takes, after it was answered. */
const LASTING = "drives/DRIVE/image/SOURCE[/CONVERSION]";

/** Whether it is done: of what a host had to go on with, a failure is an event of its own. */
export const isDone = ({ outcome, command, time }: Event, nowS: number) =>
  outcome === "done" ||
  (outcome === "begun" && (command in text.ended || (command !== LASTING && time + GOES_ON_S < nowS)));

/** Several of one kind in a row, such as the writes of an upload: the youngest of them, and how many they are. */
export type Run = { readonly last: Event; readonly count: number };

/**
 * What was begun and came to nothing is told once, as the failure.
 *
 * @param events the youngest first
 */
export function runsOf(events: readonly Event[]): readonly Run[] {
  const runs: { last: Event; count: number }[] = [];
  const failed = new Set<string>();
  for (const event of events) {
    const { command, object = "", actor, outcome } = event;
    const asked = `${command} ${object} ${actor}`;
    if (isFailed(event)) failed.add(asked);
    else if (failed.delete(asked) && outcome === "begun") continue;
    const run = runs.at(-1);
    if (run !== undefined && isLike(run.last, event)) run.count++;
    else runs.push({ last: event, count: 1 });
  }
  return runs;
}

const ALIKE = ["actor", "key", "address", "command", "object", "outcome"] as const;

const isLike = (one: Event, other: Event) =>
  ALIKE.every((key) => one[key] === other[key]) && dayOf(one.time) === dayOf(other.time);

/** The day of a time in seconds since the epoch, where the reader is. */
export const dayOf = (time: number) => new Date(time * 1000).toDateString();
