/** All servers of the account. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { addressOf, devicesOf, numberOf, type Server, textOf, wordsOf } from "../api/objects.ts";
import { serversQuery } from "../api/queries.ts";
import { megabytes, megahertz } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, Mono, PageHead, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { Status } from "../parts/status.tsx";
import { Bulk } from "./bulk.tsx";
import { ServerCard } from "./card.tsx";
import { nameOf } from "./doing.ts";
import { text } from "./text.ts";

const COLUMNS: readonly Column<Server>[] = [
  {
    id: "name",
    title: text.columns.name,
    width: "minmax(9rem, 2fr)",
    value: ({ name, tags, server }) => `${textOf(name)} ${textOf(tags)} ${server}`,
    order: nameOf,
    cell: (server) => (
      <Link to="/servers/$uuid" params={{ uuid: server.server }}>
        {nameOf(server)}
      </Link>
    ),
  },
  {
    id: "status",
    title: text.columns.status,
    width: "7.500rem",
    value: ({ status }) => textOf(status),
    cell: ({ status }) => <Status status={textOf(status)} />,
  },
  {
    id: "cpu",
    title: text.columns.cpu,
    width: "6rem",
    isSecondary: true,
    isNumber: true,
    value: ({ cpu }) => numberOf(cpu),
    cell: ({ cpu }) => megahertz(numberOf(cpu)),
  },
  {
    id: "mem",
    title: text.columns.mem,
    width: "6rem",
    isSecondary: true,
    isNumber: true,
    value: ({ mem }) => numberOf(mem),
    cell: ({ mem }) => megabytes(numberOf(mem)),
  },
  {
    id: "address",
    title: text.columns.address,
    width: "minmax(8rem, 1fr)",
    isSecondary: true,
    value: addressOf,
    cell: (server) => <Mono>{addressOf(server)}</Mono>,
  },
  {
    id: "drives",
    title: text.columns.drives,
    width: "5rem",
    isSecondary: true,
    isNumber: true,
    value: (server) => devicesOf(server).length,
    cell: (server) => devicesOf(server).length,
  },
];

const idOf = ({ server }: Server) => server;
const tagsOf = ({ tags }: Server) => wordsOf(tags);

export function ServerList() {
  const { data: servers, error, refetch } = useQuery(serversQuery);
  const search = useSearch({ from: "/servers" });
  const navigate = useNavigate({ from: "/servers" });
  const [chosen, onChoose] = useState<ReadonlySet<string>>(new Set());
  const create = (
    <Button
      renderRoot={(props) => <Link to="/servers/create" {...props} />}
      leftSection={<Icon name="add" />}
    >
      {text.create}
    </Button>
  );
  const hasSome = servers !== undefined && servers.length > 0;
  return (
    <>
      <PageHead title={text.title} actions={hasSome ? create : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {servers === undefined && error === null && <Waiting />}
      {servers?.length === 0 && (
        <Empty title={text.emptyTitle} actions={create}>
          {text.empty}
        </Empty>
      )}
      {hasSome && (
        <Rows
          label={text.title}
          rows={servers}
          columns={COLUMNS}
          idOf={idOf}
          search={search}
          onSearch={(next) => void navigate({ search: next, replace: true })}
          tagsOf={tagsOf}
          card={(server) => <ServerCard server={server} />}
          selection={{ chosen, onChoose, nameOf }}
          bulk={(shown) => {
            const isChosen = ({ server }: Server) => chosen.has(server);
            const seen = chosen.size === 0 ? [] : shown.filter(isChosen);
            const hidden = chosen.size === seen.length ? 0 : servers.filter(isChosen).length - seen.length;
            return <Bulk servers={seen} hidden={hidden} onClear={() => onChoose(new Set())} />;
          }}
        />
      )}
    </>
  );
}
