/** One host: what it is, and how much of its room is promised. */
import { Progress, Stack, Text } from "@mantine/core";
import { numberOf, textOf } from "../api/objects.ts";
import { bytes, count, megabytes, megahertz } from "../parts/amounts.ts";
import { Facts, Panel } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import classes from "./host.module.css";
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

type Share = { readonly promised: number; readonly all: number };

export const shareOf = (host: Host, what: What): Share => ({
  promised: numberOf(host[`${what}:promised`]),
  all: numberOf(host[what]),
});

const NEAR = 0.9;

export const isNearlyFull = ({ promised, all }: Share) => all > 0 && promised >= all * NEAR;

export const HostPanel = ({ host }: { host: Host }) => (
  <Panel
    title={host.host}
    aside={<Status status={host.state} kind={host.state === "up" ? "active" : "dead"} />}
  >
    <Stack gap="md">
      {SHARES.map((what) => (
        <Bar key={what} what={what} share={shareOf(host, what)} />
      ))}
      <Facts
        facts={[
          [said.hostFacts.cores, said.cores(numberOf(host.cores), megahertz(numberOf(host["core:mhz"])))],
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

function Bar({ what, share }: { what: What; share: Share }) {
  const { promised, all } = share;
  const shown = SHOWN[what];
  return (
    <div>
      <div className={classes.line}>
        <Text size="sm" component="span">
          {said.room[what]}
        </Text>
        <Text size="sm" component="span" c="dimmed" className={classes.amount}>
          {said.of(shown(promised), shown(all))}
        </Text>
      </div>
      <Progress
        size="sm"
        mt={4}
        color={isNearlyFull(share) ? "red" : "indigo"}
        value={all === 0 ? 0 : Math.min(100, (promised / all) * 100)}
        aria-label={said.room[what]}
      />
    </div>
  );
}
