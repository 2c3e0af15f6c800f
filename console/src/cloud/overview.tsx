/** The whole cloud at a glance: what needs its operator, how much room each host has, and what the doctor says of it. */
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { numberOf, textOf } from "../api/objects.ts";
import { bytes, count, lasting, moment } from "../parts/amounts.ts";
import { Facts, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { Attention } from "./attention.tsx";
import { Doctor } from "./doctor.tsx";
import { ForAdmins } from "./frame.tsx";
import { HostPanel } from "./host.tsx";
import type { CloudInfo, Trouble } from "./objects.ts";
import { checksQuery, cloudQuery, hostsQuery, needsQuery, troublesQuery } from "./queries.ts";
import { text } from "./text.ts";

const { overview: said } = text;

export const CloudOverview = () => (
  <ForAdmins>
    <Overview />
  </ForAdmins>
);

function Overview() {
  const cloud = useQuery(cloudQuery);
  const needs = useQuery(needsQuery);
  const hosts = useQuery(hostsQuery);
  const troubles = useQuery(troublesQuery);
  const checks = useQueries({ queries: (hosts.data ?? []).map(({ host }) => checksQuery(host)) });
  const asked = [cloud, needs, hosts, troubles];
  const failed = asked.find(({ error }) => error !== null);
  if (failed !== undefined) {
    const retry = () => void Promise.all(asked.map(({ refetch }) => refetch()));
    return (
      <>
        <PageHead title={text.title} />
        <Failure error={failed.error} onRetry={retry} />
      </>
    );
  }
  // What is read of hosts comes by and by.
  if (!cloud.data || !needs.data) return <Waiting />;
  const examined = (hosts.data ?? []).map((host, at) => ({ host, checks: checks[at]?.data ?? [] }));
  return (
    <>
      <PageHead title={text.title} />
      <Stack gap="lg">
        <Attention cloud={cloud.data} needs={needs.data} examined={examined} />
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <CloudFacts cloud={cloud.data} />
          {hosts.data === undefined && <Waiting />}
          {hosts.data?.map((host) => (
            <HostPanel key={host.host} host={host} />
          ))}
        </SimpleGrid>
        {hosts.data?.map(({ host }, at) => (
          <Doctor key={host} host={host} found={checks[at]} />
        ))}
        {troubles.data !== undefined && troubles.data.length > 0 && <Lately troubles={troubles.data} />}
      </Stack>
    </>
  );
}

const CloudFacts = ({ cloud }: { cloud: CloudInfo }) => (
  <Panel title={said.cloud}>
    <Facts
      facts={[
        [said.facts.version, cloud.version],
        [said.facts.since, moment(numberOf(cloud.since))],
        [said.facts.accounts, count(numberOf(cloud.accounts))],
        [said.facts.servers, count(numberOf(cloud.servers))],
        [said.facts.drives, count(numberOf(cloud.drives))],
        [
          said.facts.records,
          cloud["home:disk"] === undefined
            ? said.notKnown
            : said.of(bytes(numberOf(cloud["home:free"])), bytes(numberOf(cloud["home:disk"]))),
        ],
      ]}
    />
  </Panel>
);

/** How many are told: the log has all. */
const MOST_TOLD = 8;

const Lately = ({ troubles }: { troubles: readonly Trouble[] }) => (
  <Panel title={said.lately}>
    <Stack gap="xs">
      {troubles.slice(0, MOST_TOLD).map(({ says, last, count: often }) => (
        <div key={says}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {says}
          </Text>
          <Text size="sm" c="dimmed">
            {lasting(Date.now() / 1000 - numberOf(last))}
            {said.often(Number(textOf(often)))}
          </Text>
        </div>
      ))}
    </Stack>
  </Panel>
);
