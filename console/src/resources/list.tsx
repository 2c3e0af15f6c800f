/** Addresses and VLANs of the account, with who uses each. */

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { change } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { called, type Resource, type Server, textOf } from "../api/objects.ts";
import { noteChange, resourcesQuery, serversQuery } from "../api/queries.ts";
import { Cost } from "../money/cost.tsx";
import { ActButton } from "../parts/act-button.tsx";
import { DestroyListed } from "../parts/destroy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { Icon } from "../parts/icons.tsx";
import { faultOf } from "../parts/key-form.tsx";
import { useOnce } from "../parts/once.ts";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Empty, Failure, Mono, PageHead, Waiting } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { type Column, Rows } from "../parts/rows.tsx";
import { tell } from "../parts/tell.ts";
import { text as words } from "../parts/text.ts";
import { isolated } from "../parts/theirs.tsx";
import { nameOf } from "../servers/doing.ts";
import { text } from "./text.ts";

type Kind = "ip" | "vlan";

export const Addresses = () => <ResourceList kind="ip" />;
export const Vlans = () => <ResourceList kind="vlan" />;

const PATHS = { ip: "/addresses", vlan: "/vlans" } as const;

/** Of the address: the dialog that makes one, and what that begins with which destroys one. */
const CREATE = "create";
const DESTROY = "destroy ";

function ResourceList({ kind }: { kind: Kind }) {
  const { data, error, refetch } = useQuery(resourcesQuery);
  const { data: servers } = useQuery(serversQuery);
  const { dialog = "", open } = useOpenDialog();
  const { dialog: _, ...search } = useSearch({ from: PATHS[kind] });
  const navigate = useNavigate({ from: PATHS[kind] });
  const resources = useMemo(() => data?.filter(({ type }) => type === kind), [data, kind]);
  const columns = useMemo(() => {
    const destroy = ({ resource }: Resource) => open(DESTROY + resource);
    return columnsOf(kind, usersOf(servers ?? []), destroy);
  }, [kind, servers, open]);
  const create = (
    <Button leftSection={<Icon name="add" />} onClick={() => open(CREATE)}>
      {text[kind].create}
    </Button>
  );
  const destroyed = resources?.find(({ resource }) => dialog === DESTROY + resource);
  const hasSome = resources !== undefined && resources.length > 0;
  return (
    <>
      <PageHead title={text[kind].title} actions={hasSome ? create : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {resources === undefined && error === null && <Waiting />}
      {resources?.length === 0 && (
        <Empty title={text[kind].emptyTitle} actions={create}>
          {text[kind].empty}
        </Empty>
      )}
      {hasSome && (
        <Rows
          label={text[kind].title}
          rows={resources}
          columns={columns}
          idOf={({ resource }) => resource}
          search={search}
          onSearch={(next) => void navigate({ search: next, replace: true })}
        />
      )}
      {dialog === CREATE && <Making kind={kind} onClose={() => open()} />}
      {destroyed !== undefined && <Destroying resource={destroyed} onClose={() => open()} />}
    </>
  );
}

/** The servers that have each resource: looked for once, since there may be thousands of both. */
function usersOf(servers: readonly Server[]): (resource: Resource) => readonly Server[] {
  const found = new Map<string, Server[]>();
  for (const server of servers) {
    for (const resource of new Set(KEYS.map((key) => textOf(server[key])))) {
      const users = found.get(resource);
      if (users === undefined) found.set(resource, [server]);
      else users.push(server);
    }
  }
  return ({ resource }) => found.get(resource) ?? [];
}

/** What of a server names the resources that it has. */
const KEYS = ["nic:0:dhcp", "nic:0:dhcp:ip", "vnc", "nic:1:vlan"] as const;

/** As many servers are named of those that have a resource. */
const MOST_NAMED = 3;

const isRunning = ({ status }: Server) => status !== "stopped";

const columnsOf = (
  kind: Kind,
  users: (resource: Resource) => readonly Server[],
  onDestroy: (resource: Resource) => void,
): readonly Column<Resource>[] => [
  {
    id: "resource",
    title: kind === "ip" ? text.columns.resource : text.columns.name,
    width: "minmax(6rem, 1fr)",
    value: ({ resource, name }) => (kind === "ip" ? resource : `${textOf(name)} ${resource}`),
    cell: ({ resource, name }) => (kind === "ip" ? <Mono>{resource}</Mono> : called(name, resource)),
  },
  {
    id: "name",
    title: kind === "ip" ? text.columns.name : text.columns.uuid,
    width: "minmax(8rem, 2fr)",
    isSecondary: true,
    value: ({ resource, name }) => (kind === "ip" ? textOf(name) : resource),
    cell: ({ resource, name }) => (kind === "ip" ? textOf(name) : <Mono>{resource}</Mono>),
  },
  {
    id: "used",
    title: text.columns.used,
    width: "minmax(6rem, 1fr)",
    value: (resource) => users(resource).map(nameOf).join(" "),
    cell: (resource) => <Users servers={users(resource)} />,
  },
  {
    id: "actions",
    title: text.columns.actions,
    width: "6.500rem",
    isNumber: true,
    value: () => "",
    cell: (resource) => (
      <DestroyButton kind={kind} user={users(resource).find(isRunning)} onClick={() => onDestroy(resource)} />
    ),
  },
];

/** All servers of an account may be in one VLAN: most are told by their number. */
const Users = ({ servers }: { servers: readonly Server[] }) => (
  <>
    {servers.slice(0, MOST_NAMED).map((server, index) => (
      <span key={server.server}>
        {index > 0 && ", "}
        <Link to="/servers/$uuid" params={{ uuid: server.server }}>
          {nameOf(server)}
        </Link>
      </span>
    ))}
    {servers.length > MOST_NAMED && ` + ${servers.length - MOST_NAMED}`}
  </>
);

type ButtonProps = {
  readonly kind: Kind;
  /** A server that has it and runs. */
  readonly user: Server | undefined;
  readonly onClick: () => void;
};

function DestroyButton({ kind, user, onClick }: ButtonProps) {
  const obstacle = user === undefined ? null : text.inUse(isolated(nameOf(user)));
  return <ActButton label={text[kind].destroy} obstacle={obstacle} onClick={onClick} />;
}

function Making({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const values = name === "" ? {} : { name };
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => change(`resources/${kind}/create`, values),
    async onSuccess() {
      tell(text[kind].made);
      onClose();
      await noteChange(client);
    },
  });
  const fault = faultOf(error, ["name"]);
  return (
    <Dialog title={text[kind].create} onClose={onClose}>
      <SubmitForm error={error} isChecked onSubmit={() => mutate()}>
        <Stack>
          {error !== null && fault === null && <Failure error={error} />}
          <TextInput
            label={text.name}
            description={text.nameHelp}
            value={name}
            data-autofocus
            error={fault === null ? null : sentenceOf(error)}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Cost amounts={{ [kind]: 1n }} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <SubmitButton isPending={isPending}>{text[kind].create}</SubmitButton>
          </Group>
          <RequestShown path={["resources", kind, "create"]} values={values} />
        </Stack>
      </SubmitForm>
    </Dialog>
  );
}

function Destroying({ resource, onClose }: { resource: Resource; onClose: () => void }) {
  const { type } = resource;
  const name = type === "ip" ? resource.resource : called(resource.name, resource.resource);
  return (
    <DestroyListed
      what={text[type].what}
      name={name}
      asked={{ path: ["resources", type, resource.resource, "destroy"] }}
      done={text[type].destroyed}
      onClose={onClose}
    >
      {text[type].note}
    </DestroyListed>
  );
}
