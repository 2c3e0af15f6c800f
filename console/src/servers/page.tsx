/** One server: what it is, what can be done with it, and all that can be set. */
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ComponentProps, lazy, Suspense, useEffect, useState } from "react";
import { ActivityOf } from "../activity/of.tsx";
import { type Field, fieldsQuery } from "../api/fields.ts";
import { addressOf, called, devicesOf, numberOf, type Server, textOf } from "../api/objects.ts";
import { part } from "../api/part.ts";
import { drivesQuery, serverQuery } from "../api/queries.ts";
import { settableNow } from "../api/rules.ts";
import { bytes, lasting, megabytes, megahertz } from "../parts/amounts.ts";
import { KeyForm } from "../parts/key-form.tsx";
import { ObjectPage } from "../parts/object-page.tsx";
import { Facts, Failure, Mono, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { Copyable } from "../parts/rows.tsx";
import { Status } from "../parts/status.tsx";
import { TabsOf } from "../parts/tabs.tsx";
import { text as parts } from "../parts/text.ts";
import { Screen } from "../screen/screen.tsx";
import { Serial } from "../serial/serial.tsx";
import { ServerActions } from "./actions.tsx";
import { useChoices } from "./choices.ts";
import { Devices } from "./devices.tsx";
import { isKept } from "./doing.ts";
import { text } from "./text.ts";

/** What draws them comes when it is looked at. */
const Graphs = lazy(async () => ({ default: (await part(() => import("../graphs/graphs.tsx"))).Graphs }));

const above = <Link to="/servers">← {text.title}</Link>;

export function ServerPage() {
  const { uuid } = useParams({ from: "/servers/$uuid" });
  const query = useQuery(serverQuery(uuid));
  const { tab } = useSearch({ from: "/servers/$uuid" });
  const navigate = useNavigate({ from: "/servers/$uuid" });
  return (
    <ObjectPage query={query} title={text.title} above={above}>
      {(server) => (
        <>
          <PageHead
            above={above}
            title={called(server.name, uuid)}
            note={<Status status={textOf(server.status)} />}
            actions={<ServerActions server={server} />}
          />
          <TabsOf
            label={text.title}
            names={text.tabs}
            chosen={tab}
            onChoose={(next) => void navigate({ search: { tab: next } })}
            panels={{
              overview: () => <ServerFacts server={server} />,
              screen: () => <Screen server={server} />,
              serial: () => <Serial server={server} />,
              graphs: () => (
                <Suspense fallback={<Waiting />}>
                  <Graphs server={server} />
                </Suspense>
              ),
              devices: () => <Devices server={server} />,
              network: () => (
                <Stack>
                  <Panel title={text.state}>
                    <Facts facts={networkFacts(server)} />
                  </Panel>
                  <ServerForm server={server} groups={NETWORK} />
                </Stack>
              ),
              configuration: () => <ServerForm server={server} groups={null} />,
              activity: () => <ActivityOf object={server.server} />,
            }}
          />
        </>
      )}
    </ObjectPage>
  );
}

const SECOND_MS = 1_000;

/** How long it is since then, which goes on while it is looked at. */
function Lasting({ since }: { readonly since: number }) {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return lasting(nowMs / 1000 - since);
}

const NETWORK: readonly string[] = ["network", "screen"];

/** Where it is reached, and what went that way since it was started. */
function networkFacts(server: Server): ComponentProps<typeof Facts>["facts"] {
  const { facts } = text;
  const [address, vnc] = [addressOf(server), textOf(server["vnc:ip"])];
  const copied = (label: string, value: string) => <Copyable key={label} value={value} label={label} />;
  return [
    [facts.address, address === "" ? "" : copied(facts.address, address)],
    [facts.vnc, vnc === "" ? "" : copied(facts.vnc, `${vnc}:5900`)],
    [
      facts.traffic,
      numberOf(server.started) === 0
        ? ""
        : `${bytes(numberOf(server["rx:bytes"]))} / ${bytes(numberOf(server["tx:bytes"]))}`,
    ],
  ];
}

function ServerFacts({ server }: { server: Server }) {
  const { facts } = text;
  const started = numberOf(server.started);
  return (
    <Stack>
      <Panel title={text.state}>
        <Facts
          facts={[
            [facts.started, started === 0 ? "" : <Lasting key="started" since={started} />],
            [facts.cpu, megahertz(numberOf(server.cpu))],
            [facts.processors, textOf(server["smp:cores"]) || textOf(server.smp)],
            [facts.mem, megabytes(numberOf(server.mem))],
            ...networkFacts(server),
            [text.ended, isKept(server) ? text.endedKept : text.endedGone],
            [facts.tags, textOf(server.tags)],
            [facts.uuid, <Copyable key="uuid" value={server.server} label={facts.uuid} />],
          ]}
        />
      </Panel>
      <Attached server={server} />
    </Stack>
  );
}

function Attached({ server }: { server: Server }) {
  const { data: drives = [] } = useQuery(drivesQuery);
  const devices = devicesOf(server);
  return (
    <Panel title={text.attached}>
      {devices.length === 0 && <Text c="dimmed">{text.devices.none}</Text>}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {devices.map(({ device, drive }) => {
          const found = drives.find((each) => each.drive === drive);
          return (
            <div key={device}>
              <Link to="/drives/$uuid" params={{ uuid: drive }}>
                {textOf(found?.name) || drive}
              </Link>
              <Text size="sm" c="dimmed">
                <Mono>{device}</Mono>
                {found === undefined ? "" : `, ${bytes(numberOf(found.size))}`}
              </Text>
            </div>
          );
        })}
      </SimpleGrid>
    </Panel>
  );
}

/** @param groups of fields; null: all but those that have a tab of their own */
function ServerForm({ server, groups }: { server: Server; groups: readonly string[] | null }) {
  const { data: fields, error, refetch } = useQuery(fieldsQuery("ServerSet"));
  const choices = useChoices();
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (fields === undefined) return <Waiting />;
  const isShown = ({ group = "more" }: Field) =>
    groups === null ? !NETWORK.includes(group) : groups.includes(group);
  const now = settableNow(textOf(server.status) !== "stopped");
  return (
    <Panel>
      <KeyForm
        fields={fields.filter(isShown)}
        object={server}
        path={["servers", server.server, "set"]}
        obstacleOf={({ settable }) => (settable.includes(now) ? null : parts.stoppedOnly)}
        choices={choices}
      />
    </Panel>
  );
}
