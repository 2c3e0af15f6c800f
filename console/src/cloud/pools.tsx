/** Networks out of which accounts are given static addresses. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { numberOf, textOf } from "../api/objects.ts";
import { ActButton } from "../parts/act-button.tsx";
import { count } from "../parts/amounts.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { DestroyListed } from "../parts/destroy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Empty, Failure, Mono, PageHead, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { ForAdmins } from "./frame.tsx";
import type { Pool } from "./objects.ts";
import { poolsQuery } from "./queries.ts";
import { text } from "./text.ts";

const { pools: said } = text;

/** Of the address: the dialog that adds one, and what that begins with which removes one. */
const ADD = "add";
const REMOVE = "remove ";

export const CloudPools = () => (
  <ForAdmins>
    <Pools />
  </ForAdmins>
);

function Pools() {
  const { data: pools, error, refetch } = useQuery(poolsQuery);
  const { dialog = "", open } = useOpenDialog();
  const { dialog: _, tab: __, ...search } = useSearch({ from: "/cloud/pools" });
  const navigate = useNavigate({ from: "/cloud/pools" });
  const columns = columnsOf((network) => open(REMOVE + network));
  const add = (
    <Button leftSection={<Icon name="add" />} onClick={() => open(ADD)}>
      {said.add}
    </Button>
  );
  const removed = pools?.find(({ network }) => dialog === REMOVE + network);
  return (
    <>
      <PageHead title={said.title} actions={pools !== undefined && pools.length > 0 ? add : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {pools === undefined && error === null && <Waiting />}
      {pools?.length === 0 && (
        <Empty title={said.emptyTitle} actions={add}>
          {said.empty}
        </Empty>
      )}
      {pools !== undefined && pools.length > 0 && (
        <Rows
          label={said.title}
          rows={pools}
          columns={columns}
          idOf={({ network }) => network}
          search={search}
          onSearch={(next) => void navigate({ search: next, replace: true })}
        />
      )}
      {dialog === ADD && <Adding onClose={() => open()} />}
      {removed !== undefined && <Removing pool={removed} onClose={() => open()} />}
    </>
  );
}

const Adding = ({ onClose }: { onClose: () => void }) => (
  <Dialog title={said.add} size="lg" onClose={onClose}>
    <CreateForm<Pool>
      schema="PoolAdd"
      path={["pools", "add"]}
      hint={said.hint}
      submit={said.add}
      made={said.added}
      onMade={onClose}
    />
  </Dialog>
);

const Removing = ({ pool: { network }, onClose }: { pool: Pool; onClose: () => void }) => (
  <DestroyListed
    what="pool"
    isRemoval
    name={network}
    asked={{ path: ["pools", "remove"], values: { network } }}
    done={said.removed}
    onClose={onClose}
  >
    {said.removeNote}
  </DestroyListed>
);

function obstacleOf({ origin, used }: Pool): string | null {
  if (origin === "host") return said.isHosts;
  return numberOf(used) > 0 ? said.isUsed : null;
}

const columnsOf = (onRemove: (network: string) => void): readonly Column<Pool>[] => [
  {
    id: "network",
    title: said.columns.network,
    width: "minmax(8.500rem, 1fr)",
    value: ({ network }) => network,
    cell: ({ network }) => <Mono>{network}</Mono>,
  },
  {
    id: "gateway",
    title: said.columns.gateway,
    width: "minmax(8rem, 1fr)",
    isSecondary: true,
    value: ({ gateway }) => gateway,
    cell: ({ gateway }) => <Mono>{gateway}</Mono>,
  },
  {
    id: "nameserver",
    title: said.columns.nameserver,
    width: "minmax(8rem, 1fr)",
    isSecondary: true,
    value: ({ nameserver }) => textOf(nameserver),
    cell: ({ nameserver }) => <Mono>{textOf(nameserver)}</Mono>,
  },
  {
    id: "origin",
    title: said.columns.origin,
    width: "7rem",
    isSecondary: true,
    value: ({ origin }) => said.origins[textOf(origin)] ?? textOf(origin),
    cell: ({ origin }) => said.origins[textOf(origin)] ?? textOf(origin),
  },
  {
    id: "used",
    title: said.columns.used,
    width: "minmax(5rem, 8rem)",
    isNumber: true,
    value: ({ used }) => numberOf(used),
    cell: ({ used, size }) => said.held(count(numberOf(used)), count(numberOf(size))),
  },
  {
    id: "actions",
    title: said.columns.actions,
    width: "6rem",
    isNumber: true,
    value: () => "",
    cell: (pool) => (
      <ActButton label={said.remove} obstacle={obstacleOf(pool)} onClick={() => onRemove(pool.network)} />
    ),
  },
];
