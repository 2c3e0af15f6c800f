/**
 * Finding the addresses of a hook's host by asking name servers directly. The system's own way (getaddrinfo) keeps one of
 * the few threads that also read files until it knows, and a name server that is silent would keep all of them.
 */
import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { Resolver } from "node:dns/promises";
import type { LookupFunction } from "node:net";

/** How long one question waits for its answer, and how often it is asked. */
const ANSWER_MS = 2_000;
const TRIES = 2;

/** As `net.connect` calls it. */
export const lookupHost: LookupFunction = (hostname, options, found) => {
  addressesOf(hostname).then(
    (addresses) => {
      const [first] = addresses;
      // What name servers do not know may stand in this machine's own list, and is answered at once where they answered.
      if (first === undefined) systemLookup(hostname, options, found as never);
      else if (options.all === true) found(null, [...addresses]);
      else found(null, first.address, first.family);
    },
    (error: unknown) => found(error as NodeJS.ErrnoException, []),
  );
};

/** Errors: no name server answers. */
async function addressesOf(hostname: string): Promise<readonly LookupAddress[]> {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: TRIES });
  const asked = [
    resolver.resolve4(hostname).then((all) => all.map((address) => ({ address, family: 4 }))),
    resolver.resolve6(hostname).then((all) => all.map((address) => ({ address, family: 6 }))),
  ];
  const answers = await Promise.allSettled(asked);
  const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  const silent = answers.find((answer) => answer.status === "rejected" && isSilence(answer.reason));
  if (addresses.length === 0 && silent?.status === "rejected") throw silent.reason;
  return addresses;
}

const isSilence = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ETIMEOUT";
