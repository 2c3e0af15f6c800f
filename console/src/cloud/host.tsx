/** One host: what it is, and how much of its room is promised. */
import { Stack } from "@mantine/core";
import { numberOf, textOf } from "../api/objects.ts";
import { bytes, count, megabytes, megahertz } from "../parts/amounts.ts";
import { Bar, isNearAll, shareOf } from "../parts/bar.tsx";
import { Facts, Panel } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import type { Host } from "./objects.ts";
import { text } from "./text.ts";

const { overview: said } = text;

export const SHARES = ["cpu", "mem", "disk"] as const;

type What = (typeof SHARES)[number];

const SHOWN: Readonly<Record<What, (amount: number) => string>> = {
  cpu: megahertz,
  mem: megabytes,
  disk: bytes,
};

type Room = { readonly promised: number; readonly all: number };

export const roomOf = (host: Host, what: What): Room => ({
  promised: numberOf(host[`${what}:promised`]),
  all: numberOf(host[what]),
});

export const isNearlyFull = ({ promised, all }: Room) => isNearAll(shareOf(promised, all));

/** Its processors, and how much of them may be promised. */
function coresOf(host: Host): string {
  const [cores, coreMhz] = [numberOf(host.cores), numberOf(host["core:mhz"])];
  return said.cores(cores, megahertz(coreMhz), Math.round(roomOf(host, "cpu").all / (cores * coreMhz)));
}

export const HostPanel = ({ host }: { host: Host }) => (
  <Panel
    title={host.host}
    aside={<Status status={host.state} kind={host.state === "up" ? "active" : "dead"} />}
  >
    <Stack gap="md">
      {SHARES.map((what) => (
        <Bar key={what} {...barOf(what, roomOf(host, what))} />
      ))}
      <Facts
        facts={[
          [said.hostFacts.cores, coresOf(host)],
          [
            said.hostFacts.running,
            host.running === undefined
              ? said.notKnown
              : said.running(count(numberOf(host.running)), count(numberOf(host.servers))),
          ],
          [said.hostFacts.guests, said.accelerators[textOf(host.accelerator)] ?? textOf(host.accelerator)],
          [said.hostFacts.network, said.networks[textOf(host.network)] ?? textOf(host.network)],
        ]}
      />
    </Stack>
  </Panel>
);

const barOf = (what: What, room: Room) => ({
  name: said.room[what],
  says: said.of(SHOWN[what](room.promised), SHOWN[what](room.all)),
  share: shareOf(room.promised, room.all),
});
