/** All accounts of the cloud. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { called, numberOf, type Profile, textOf } from "../api/objects.ts";
import { count, megabytes } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, PageHead, Waiting } from "../parts/page.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { Status } from "../parts/status.tsx";
import { ForAdmins } from "./frame.tsx";
import { accountsQuery } from "./queries.ts";
import { text } from "./text.ts";

const { accounts: said } = text;

export const CloudAccounts = () => (
  <ForAdmins>
    <Accounts />
  </ForAdmins>
);

function Accounts() {
  const { data: accounts, error, refetch } = useQuery(accountsQuery);
  const search = useSearch({ from: "/cloud/accounts" });
  const navigate = useNavigate({ from: "/cloud/accounts" });
  const hasMoney = accounts?.some(({ currency }) => currency !== undefined) === true;
  const columns = useMemo(() => (hasMoney ? [...COLUMNS, BALANCE, EMAIL] : [...COLUMNS, EMAIL]), [hasMoney]);
  const create = (
    <Button
      renderRoot={(props) => <Link to="/cloud/accounts/create" {...props} />}
      leftSection={<Icon name="add" />}
    >
      {said.create}
    </Button>
  );
  return (
    <>
      <PageHead title={said.title} actions={create} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {accounts === undefined && error === null && <Waiting />}
      {accounts?.length === 0 && (
        <Empty title={said.emptyTitle} actions={create}>
          {said.empty}
        </Empty>
      )}
      {accounts !== undefined && accounts.length > 0 && (
        <Rows
          label={said.title}
          rows={accounts}
          columns={columns}
          idOf={({ user }) => user}
          search={search}
          onSearch={(next) => void navigate({ search: next, replace: true })}
        />
      )}
    </>
  );
}

const used = (id: "servers" | "drives"): Column<Profile> => ({
  id,
  title: said.columns[id],
  width: "4.250rem",
  isNumber: true,
  isSecondary: true,
  value: (account) => numberOf(account[`used:${id}`]),
  cell: (account) => count(numberOf(account[`used:${id}`])),
});

const COLUMNS: readonly Column<Profile>[] = [
  {
    id: "name",
    title: said.columns.name,
    width: "minmax(9rem, 2fr)",
    value: ({ name, user }) => `${textOf(name)} ${user}`,
    cell: ({ name, user }) => (
      <Link to="/cloud/accounts/$user" params={{ user }}>
        {called(name, user)}
      </Link>
    ),
  },
  {
    id: "status",
    title: said.columns.status,
    width: "7rem",
    value: ({ status }) => textOf(status),
    cell: ({ status }) => <Status status={textOf(status)} />,
  },
  {
    id: "role",
    title: said.columns.role,
    width: "3.500rem",
    isSecondary: true,
    value: ({ role }) => textOf(role),
    cell: ({ role }) => textOf(role),
  },
  used("servers"),
  used("drives"),
  {
    id: "mem",
    title: said.columns.mem,
    width: "5rem",
    isNumber: true,
    isSecondary: true,
    value: (account) => numberOf(account["used:mem"]),
    cell: (account) => megabytes(numberOf(account["used:mem"])),
  },
];

const BALANCE: Column<Profile> = {
  id: "balance",
  title: said.columns.balance,
  width: "7rem",
  isNumber: true,
  isSecondary: true,
  value: ({ balance }) => numberOf(balance),
  cell: ({ balance, currency }) => (balance === undefined ? "" : `${textOf(balance)} ${textOf(currency)}`),
};

const EMAIL: Column<Profile> = {
  id: "email",
  title: said.columns.email,
  width: "minmax(8rem, 2fr)",
  isSecondary: true,
  value: ({ email }) => textOf(email),
  cell: ({ email }) => textOf(email),
};
