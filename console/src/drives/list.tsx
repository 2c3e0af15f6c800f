/** All drives of the account. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { called, type Drive, numberOf, type Server, textOf, wordsOf } from "../api/objects.ts";
import { drivesQuery, serversQuery } from "../api/queries.ts";
import { bytes } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, PageHead, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { nameOf } from "../servers/doing.ts";
import { DriveStatus, stateOf } from "./state.tsx";
import { text } from "./text.ts";

const columnsOf = (servers: ReadonlyMap<string, Server>): readonly Column<Drive>[] => [
  {
    id: "name",
    title: text.columns.name,
    width: "minmax(9rem, 2fr)",
    value: ({ name, tags, drive }) => `${textOf(name)} ${textOf(tags)} ${drive}`,
    cell: ({ drive, name }) => (
      <Link to="/drives/$uuid" params={{ uuid: drive }}>
        {called(name, drive)}
      </Link>
    ),
  },
  {
    id: "state",
    title: text.columns.state,
    width: "8rem",
    value: stateOf,
    cell: (drive) => <DriveStatus drive={drive} />,
  },
  {
    id: "size",
    title: text.columns.size,
    width: "6rem",
    isNumber: true,
    isSecondary: true,
    value: ({ size }) => numberOf(size),
    cell: ({ size }) => bytes(numberOf(size)),
  },
  {
    id: "written",
    title: text.columns.written,
    width: "9rem",
    isNumber: true,
    isSecondary: true,
    value: (drive) => numberOf(drive["write:bytes"]),
    cell: (drive) => bytes(numberOf(drive["write:bytes"])),
  },
  {
    id: "used",
    title: text.columns.used,
    width: "minmax(8rem, 1fr)",
    isSecondary: true,
    value: (drive) => claimants(drive, servers).map(nameOf).join(" "),
    cell: (drive) => (textOf(drive.claimed) === "" ? "" : <Claimants drive={drive} servers={servers} />),
  },
];

const claimants = (drive: Drive, servers: ReadonlyMap<string, Server>) =>
  wordsOf(drive.claimed).flatMap((uuid) => servers.get(uuid) ?? []);

function Claimants({ drive, servers }: { drive: Drive; servers: ReadonlyMap<string, Server> }) {
  const [first, ...others] = claimants(drive, servers);
  if (first === undefined) return null;
  return (
    <>
      <Link to="/servers/$uuid" params={{ uuid: first.server }}>
        {nameOf(first)}
      </Link>
      {others.length > 0 && ` + ${others.length}`}
    </>
  );
}

export function DriveList() {
  const { data: drives, error, refetch } = useQuery(drivesQuery);
  const { data: servers } = useQuery(serversQuery);
  const columns = useMemo(
    () => columnsOf(new Map((servers ?? []).map((server) => [server.server, server]))),
    [servers],
  );
  const search = useSearch({ from: "/drives" });
  const navigate = useNavigate({ from: "/drives" });
  const hasSome = drives !== undefined && drives.length > 0;
  return (
    <>
      <PageHead title={text.title} actions={hasSome ? <MakeButtons /> : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {drives === undefined && error === null && <Waiting />}
      {drives?.length === 0 && (
        <Empty title={text.emptyTitle} actions={<MakeButtons />}>
          {text.empty}
        </Empty>
      )}
      {hasSome && (
        <Rows
          label={text.title}
          rows={drives}
          columns={columns}
          idOf={({ drive }) => drive}
          search={search}
          onSearch={(next) => void navigate({ search: next, replace: true })}
        />
      )}
    </>
  );
}

const MakeButtons = () => (
  <>
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/drives/fetch" {...props} />}
      leftSection={<Icon name="link" />}
    >
      {text.fromUrl}
    </Button>
    <Button
      variant="default"
      renderRoot={(props) => <Link to="/drives/upload" {...props} />}
      leftSection={<Icon name="upload" />}
    >
      {text.upload}
    </Button>
    <Button renderRoot={(props) => <Link to="/drives/create" {...props} />} leftSection={<Icon name="add" />}>
      {text.create}
    </Button>
  </>
);
