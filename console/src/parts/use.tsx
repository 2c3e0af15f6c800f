/** What an account uses of what it may have. */
import { Progress, Stack, Text } from "@mantine/core";
import { numberOf, type Profile } from "../api/objects.ts";
import { bytes, count, megabytes, megahertz } from "./amounts.ts";
import classes from "./use.module.css";

const RESOURCES = [
  { key: "cpu", name: "CPU of running servers", shown: megahertz },
  { key: "mem", name: "Memory of running servers", shown: megabytes },
  { key: "disk", name: "Room of drives", shown: bytes },
  { key: "servers", name: "Servers", shown: count },
  { key: "drives", name: "Drives", shown: count },
  { key: "ip", name: "Static addresses", shown: count },
  { key: "vlan", name: "VLANs", shown: count },
] as const;

export type ResourceUse = {
  readonly name: string;
  readonly used: number;
  /** Null: it has none. */
  readonly limit: number | null;
  readonly shown: (amount: number) => string;
};

export const usesOf = (profile: Profile): readonly ResourceUse[] =>
  RESOURCES.map(({ key, name, shown }) => ({
    name,
    shown,
    used: numberOf(profile[`used:${key}`]),
    limit: profile[`limit:${key}`] === undefined ? null : numberOf(profile[`limit:${key}`]),
  }));

const NEAR = 0.9;

export const isNear = ({ used, limit }: ResourceUse) => limit !== null && limit > 0 && used >= limit * NEAR;

export const Use = ({ profile }: { profile: Profile }) => (
  <Stack gap="sm">
    {usesOf(profile).map((use) => (
      <div key={use.name}>
        <div className={classes.line}>
          <Text size="sm" component="span">
            {use.name}
          </Text>
          <Text size="sm" component="span" c="dimmed" className={classes.amount}>
            {use.limit === null ? use.shown(use.used) : `${use.shown(use.used)} of ${use.shown(use.limit)}`}
          </Text>
        </div>
        {use.limit !== null && (
          <Progress
            size="sm"
            mt={4}
            color={isNear(use) ? "red" : "indigo"}
            value={use.limit === 0 ? 0 : Math.min(100, (use.used / use.limit) * 100)}
            aria-label={use.name}
          />
        )}
      </div>
    ))}
  </Stack>
);
