/** What needs somebody, what there is, and how much of what is allowed is used. */
import { Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Latest } from "../activity/latest.tsx";
import { called, type Drive, type Profile, type Server, textOf } from "../api/objects.ts";
import { drivesQuery, profileQuery, serversQuery } from "../api/queries.ts";
import { count } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { NeedLine, Needs } from "../parts/needs.tsx";
import { Empty, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { Status } from "../parts/status.tsx";
import { Theirs } from "../parts/theirs.tsx";
import { isNear, Use, usesOf } from "../parts/use.tsx";
import { fundsNeeds } from "./funds.tsx";
import classes from "./overview.module.css";
import { text } from "./text.ts";

export function Overview() {
  const servers = useQuery(serversQuery);
  const drives = useQuery(drivesQuery);
  const { data: profile } = useQuery(profileQuery);
  const error = servers.error ?? drives.error;
  const retry = () => {
    void servers.refetch();
    void drives.refetch();
  };
  if (error !== null) {
    return (
      <>
        <PageHead title={text.title} />
        <Failure error={error} onRetry={retry} />
      </>
    );
  }
  if (servers.data === undefined || drives.data === undefined || profile == null) {
    return (
      <>
        <PageHead title={text.title} />
        <Waiting />
      </>
    );
  }
  const isEmpty = servers.data.length === 0 && drives.data.length === 0;
  return (
    <>
      <PageHead title={text.title} />
      {isEmpty ? (
        <First />
      ) : (
        <Stack gap="lg">
          <OwnNeeds servers={servers.data} drives={drives.data} profile={profile} />
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
            <Running servers={servers.data} />
            <Used profile={profile} />
          </SimpleGrid>
          <Latest />
        </Stack>
      )}
    </>
  );
}

const First = () => (
  <Empty
    title={text.first}
    actions={
      <>
        <Button
          renderRoot={(props) => <Link to="/servers/create" {...props} />}
          leftSection={<Icon name="add" />}
        >
          {text.createServer}
        </Button>
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/drives/upload" {...props} />}
          leftSection={<Icon name="upload" />}
        >
          {text.upload}
        </Button>
      </>
    }
  >
    {text.firstHint}
  </Empty>
);

type NeedsProps = {
  readonly servers: readonly Server[];
  readonly drives: readonly Drive[];
  readonly profile: Profile;
};

/** How many are told, and of more how many they are. */
const MOST_TOLD = 8;

function OwnNeeds({ servers, drives, profile }: NeedsProps) {
  const needs: ReactNode[] = [
    ...fundsNeeds(profile),
    ...usesOf(profile)
      .filter(isNear)
      .map(({ name }) => <NeedLine key={name}>{text.limitNear(name)}</NeedLine>),
    ...servers
      .filter(({ status }) => text.server[textOf(status)] !== undefined)
      .map(({ server, name, status }) => (
        <NeedLine key={server}>
          <Link to="/servers/$uuid" params={{ uuid: server }}>
            {called(name, server)}
          </Link>{" "}
          {text.server[textOf(status)]}
        </NeedLine>
      )),
    ...drives
      .filter((drive) => drive["imaging:error"] !== undefined)
      .map((drive) => (
        <NeedLine key={drive.drive}>
          <Link to="/drives/$uuid" params={{ uuid: drive.drive }}>
            {called(drive.name, drive.drive)}
          </Link>{" "}
          {text.imagingFailed} <Theirs>{textOf(drive["imaging:error"])}</Theirs>
        </NeedLine>
      )),
  ];
  const told = needs.slice(0, MOST_TOLD);
  const untold = needs.length - told.length;
  if (untold > 0) told.push(<NeedLine key="more">{text.more(untold)}</NeedLine>);
  return <Needs lines={told} />;
}

const MOST_SERVERS = 6;

function Running({ servers }: { servers: readonly Server[] }) {
  const running = servers.filter(({ status }) => status === "active").length;
  // They come in the order in which they were made.
  const newest = servers.slice(-MOST_SERVERS).reverse();
  return (
    <Panel
      title={text.servers}
      aside={
        <Text size="sm" c="dimmed">
          {text.running(count(running), count(servers.length))}
        </Text>
      }
    >
      {servers.length === 0 && (
        <Text c="dimmed">
          {text.noServers} <Link to="/servers/create">{text.createServer}</Link>
        </Text>
      )}
      <ul className={classes.servers}>
        {newest.map(({ server, name, status }) => (
          <li key={server}>
            <Link to="/servers/$uuid" params={{ uuid: server }} className={classes.name}>
              {called(name, server)}
            </Link>
            <Status status={textOf(status)} />
          </li>
        ))}
      </ul>
      <Group mt="md">
        <Link to="/servers">{text.allServers}</Link>
      </Group>
    </Panel>
  );
}

const Used = ({ profile }: { profile: Profile }) => (
  <Panel title={text.use}>
    <Use profile={profile} />
    <Group mt="md">
      <Link to="/account" search={{ tab: "limits" }}>
        {text.allUse}
      </Link>
    </Group>
  </Panel>
);
