/** What needs the operator now, the gravest first: what the API says, what the doctor finds lacking, and room that runs out. */
import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { capital } from "../api/errors.ts";
import { numberOf, textOf } from "../api/objects.ts";
import { bytes, moment } from "../parts/amounts.ts";
import { NeedLine, Needs } from "../parts/needs.tsx";
import { Mono } from "../parts/page.tsx";
import { Theirs } from "../parts/theirs.tsx";
import { isNearlyFull, roomOf, SHARES } from "./host.tsx";
import type { Check, CloudInfo, Host, Need } from "./objects.ts";
import { text } from "./text.ts";

const { overview: said } = text;

type Examined = { readonly host: Host; readonly checks: readonly Check[] };

type Props = {
  readonly cloud: CloudInfo;
  readonly needs: readonly Need[];
  readonly examined: readonly Examined[];
};

/** How many are told: where there are more, they are of one kind. */
const MOST_TOLD = 20;

/** With less left than that share the disk of the records is nearly full. */
const LITTLE = 0.1;

export function Attention({ cloud, needs, examined }: Props) {
  const items = [
    ...needs.map((need) => <Told key={keyOf(need)} need={need} />),
    ...diskOf(cloud),
    ...examined.flatMap(({ host }) =>
      SHARES.filter((what) => isNearlyFull(roomOf(host, what))).map((what) => (
        <NeedLine key={`${host.host} ${what}`}>
          {said.promised(host.host, said.room[what].toLowerCase())}
        </NeedLine>
      )),
    ),
    ...examined.flatMap(({ host, checks }) =>
      checks
        .filter(({ verdict }) => verdict !== "good")
        .map(({ check, says }) => (
          <NeedLine key={`${host.host} ${check}`}>
            <strong>{said.check(host.host, check)}</strong>: <Theirs>{says}</Theirs>
          </NeedLine>
        )),
    ),
  ];
  const told = items.slice(0, MOST_TOLD);
  const more = items.length > MOST_TOLD ? [<li key="more">{said.more(items.length - MOST_TOLD)}</li>] : [];
  return <Needs lines={[...told, ...more]} />;
}

const keyOf = ({ matter, object, wants, host, says }: Need) =>
  [matter, object, wants, host, says].map(textOf).join(" ");

function diskOf(cloud: CloudInfo): readonly ReactNode[] {
  const [free, size] = [numberOf(cloud["home:free"]), numberOf(cloud["home:disk"])];
  if (size === 0 || free >= size * LITTLE) return [];
  return [<NeedLine key="home:disk">{said.diskFull(bytes(free), bytes(size))}</NeedLine>];
}

function Told({ need }: { need: Need }) {
  const { kind, object, wants, since, attempts, says } = need;
  const more = [
    ...(wants === undefined ? [] : [said.wants(textOf(wants), moment(numberOf(since)))]),
    ...(attempts === undefined ? [] : [said.attempts(numberOf(attempts))]),
  ];
  return (
    <NeedLine>
      {object !== undefined && (
        <>
          {textOf(kind)} <Named kind={textOf(kind)} object={textOf(object)} />{" "}
        </>
      )}
      <Theirs>{object === undefined ? capital(says) : says}</Theirs>
      {more.length > 0 && (
        <Text component="span" size="sm" c="dimmed" display="block">
          {more.join(", ")}
        </Text>
      )}
    </NeedLine>
  );
}

const Named = ({ kind, object }: { kind: string; object: string }) =>
  kind === "account" ? (
    <Link to="/cloud/accounts/$user" params={{ user: object }}>
      {object}
    </Link>
  ) : (
    <Mono>{object}</Mono>
  );
