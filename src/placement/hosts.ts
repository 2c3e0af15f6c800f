/**
 * What the placement of drives and of servers share: hosts as data, identified by name, and `avoid` (spec: "physical
 * different hardware").
 */
import { full } from "../base/errors.ts";

/** How many of the objects that are in the way a sentence names. */
const NAMED_IN_A_SENTENCE = 3;

/** An object that is not to share a host with what is placed, and the key that names it. */
export type Avoided = {
  readonly key: string;
  readonly noun: "drive" | "server";
  readonly uuid: string;
  /** The name of the host that it is on. */
  readonly host: string;
};

/**
 * The hosts that hold none of the avoided objects.
 *
 * @param which says which hosts these are, completing "every host that …"
 *
 * Errors: `full`, naming what is in the way.
 */
export function hostsApart<Host extends { readonly name: string }>(
  hosts: readonly Host[],
  avoided: readonly Avoided[],
  which: string,
): readonly Host[] {
  const apart = hosts.filter(({ name }) => avoided.every(({ host }) => host !== name));
  if (apart.length > 0 || hosts.length === 0) return apart;
  const inTheWay = hosts.flatMap(({ name }) => avoided.find(({ host }) => host === name) ?? []);
  const [first] = inTheWay;
  if (first !== undefined && hosts.length === 1) {
    throw full(
      "avoid_unmet",
      `${first.key} cannot be met: ${first.noun} ${first.uuid} is on the only host that ${which}`,
    );
  }
  const keys = [...new Set(inTheWay.map(({ key }) => key))];
  const named = inTheWay.slice(0, NAMED_IN_A_SENTENCE).map(({ noun, uuid }) => `${noun} ${uuid}`);
  const more = inTheWay.length > named.length ? " and others" : "";
  throw full(
    "avoid_unmet",
    `${keys.join(" and ")} cannot be met: every host that ${which} has one of ${named.join(", ")}${more}`,
  );
}

/** The order of hosts where nothing else tells them apart, so that the same question has the same answer. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
