/** What an account uses of what it may have. */
import { Stack, Text } from "@mantine/core";
import { numberOf, type Profile } from "../api/objects.ts";
import { bytes, count, megabytes, megahertz } from "./amounts.ts";
import { Bar, isNearAll, shareOf } from "./bar.tsx";
import { text } from "./text.ts";

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

export const isNear = ({ used, limit }: ResourceUse) => limit !== null && isNearAll(shareOf(used, limit));

export const Use = ({ profile }: { profile: Profile }) => (
  <Stack gap="sm">
    {usesOf(profile).map((use) => (
      <Bar
        key={use.name}
        name={use.name}
        says={use.limit === null ? use.shown(use.used) : `${use.shown(use.used)} of ${use.shown(use.limit)}`}
        share={use.limit === null ? null : shareOf(use.used, use.limit)}
      />
    ))}
  </Stack>
);

/** The same, with what stands there where there is no limit. */
export const UseAgainstLimits = ({ profile }: { profile: Profile }) => (
  <>
    <Use profile={profile} />
    <Text c="dimmed" size="sm" mt="md">
      {text.noLimits}
    </Text>
  </>
);
