/** The tables about what is counted, and the commands that tell it: an extension in the specification's style. */
import { type Chapter, clock, guest, sampled, samples, type Test, usage, usageRules, used } from "./row.ts";

const BETWEEN = usage("what was used is told for every resource, without money where there are no prices");
const NOW = usage(
  "what is used now is told for every resource that has a level, without money where there are no prices",
);
const PRICED = usage(
  "with prices it is told what was used has cost, and what is used now costs an hour, to an admin too",
);
const SERVER = used(
  "a server counts from its creation to its destruction, its speed and memory from each start to each end",
  "a change of speed counts from when it is applied, and one that is refused not at all",
);
const SAME = usageRules(
  "is the same however much of it is in hours and days by then, and costs what the ledger says",
);

const all = (keys: readonly string[], tests: readonly Test[]) =>
  Object.fromEntries(keys.map((key) => [key, tests]));

const malformed = (whose: string) =>
  usage(
    `the use in ${whose} that begins within an hour is 400 usage`,
    `the use in ${whose} that ends within an hour is 400 usage`,
    `the use in ${whose} of no times is 400 usage`,
    `the use in ${whose} that ends before it begins is 400 usage`,
  );

const hidden = (what: string) =>
  usage(
    `${what} of an account that is not there is 404 missing`,
    `${what} of an account is 404 missing to who is no admin, its owner too`,
  );

const SAMPLE = sampled(
  "what a server used is told by the minute, the CPU beside what it has of it, and what it read and sent",
);
const LONGER = sampled(
  "samples are told by the hour and by the day of a longer range, and of one that has none there are none",
);

export const USE: Chapter = {
  title: "Use",
  tables: [
    {
      title: "What is counted",
      says: {
        "`cpu` and `mem` of each server from its start to its end": SERVER,
        "`disk`: the size of each drive from its creation to its destruction": used(
          "a drive counts from when it is made until its destruction is asked for, and its size from when it has that",
        ),
        "`ip` and `vlan`, while they are held": used("addresses and VLANs count while they are held"),
        "`servers` and `drives`, all there are": [
          ...SERVER,
          ...used(
            "a server that is created and started counts from when it runs, and one whose creation fails never",
          ),
        ],
        "a server that ended while the daemon was away ended when its QEMU did": used(
          "a server persistent and ended while the daemon was away counts until it ended, not until that was seen",
          "a server of which its host knows nothing counts until that is seen, or until the machine's boot was the last time",
        ),
        "a clock that jumps neither adds nor takes a second": clock(
          "a jump of the wall clock a day ahead changes nothing, over restarts of the daemon too, and is said once",
          "a jump of the wall clock a day back changes nothing, over restarts of the daemon too, and is said once",
        ),
      },
    },
    {
      title: "Get what was used",
      command: "profile/usage[/FROM/TO]",
      row: [...BETWEEN, ...malformed("profile"), ...SAME],
      answers: {
        ...all(["resource", "subscribed", "burst"], BETWEEN),
        amount: [
          ...BETWEEN,
          ...usageRules("amounts are told for an hour, of disks in GB, and of transfers in GB"),
        ],
        cost: PRICED,
      },
    },
    {
      title: "Get what is used now",
      command: "profile/usage/now",
      row: NOW,
      answers: {
        ...all(
          ["resource", "using", "subscribed", "burst"],
          [
            ...NOW,
            ...usageRules(
              "what is used now is told beside what subscriptions cover of it, and what the rest costs an hour",
            ),
          ],
        ),
        ...all(["price", "burning"], PRICED),
      },
    },
    {
      title: "Get what an account used",
      command: "accounts/USER/usage[/FROM/TO]",
      row: [...PRICED, ...malformed("accounts/BOB"), ...hidden("usage"), ...hidden("usage/0/3600")],
    },
    {
      title: "Get what an account uses now",
      command: "accounts/USER/usage/now",
      row: [...NOW, ...hidden("usage/now")],
    },
    {
      title: "Get what a server used, step by step",
      command: "servers/SERVER/samples[/FROM/TO]",
      row: [
        ...SAMPLE,
        ...LONGER,
        ...samples(
          "a server that never ran has no samples, in whatever range",
          "samples from within a minute are 400 usage",
          "samples to within a minute are 400 usage",
          "samples of no times are 400 usage",
          "samples that end before they begin are 400 usage",
          "samples of a server that is not there are 404 missing",
          "samples of another's server are 404 missing",
        ),
        ...sampled("whatever is asked for, so many rows are answered and no more"),
        ...guest("is sampled once a minute: what it took of its core, read, received and sent"),
      ],
      answers: {
        ...all(["time", "step", "seconds"], [...SAMPLE, ...LONGER]),
        ...all(["cpu", "mem", "rx:bytes", "tx:bytes"], SAMPLE),
        ...all(["read:bytes", "read:requests", "write:bytes", "write:requests"], SAMPLE),
      },
      says: {
        "a server that was stopped has gaps, not zeroes": sampled(
          "a server that was stopped has a gap, and a run that begins anew counts from nothing",
        ),
        "a clock or a counter that jumps makes a gap": sampled(
          "a clock that jumps ahead or back makes a gap, and neither negative nor huge amounts",
          "a counter that goes back makes a gap",
        ),
      },
    },
  ],
};
