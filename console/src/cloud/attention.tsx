/** What needs the operator now, the gravest first: what the API says, what the doctor finds lacking, and room that runs out. */
import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { numberOf, textOf } from "../api/objects.ts";
import { bytes, moment } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { Mono, Panel } from "../parts/page.tsx";
import classes from "./attention.module.css";
import { isNearlyFull, SHARES, shareOf } from "./host.tsx";
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
    ...needs.map((need) => <NeedLine key={keyOf(need)} need={need} />),
    ...diskOf(cloud),
    ...examined.flatMap(({ host }) =>
      SHARES.filter((what) => isNearlyFull(shareOf(host, what))).map((what) => (
        <Line key={`${host.host} ${what}`}>{said.promised(host.host, said.room[what].toLowerCase())}</Line>
      )),
    ),
    ...examined.flatMap(({ host, checks }) =>
      checks
        .filter(({ verdict }) => verdict !== "good")
        .map(({ check, says }) => (
          <Line key={`${host.host} ${check}`}>
            <strong>{said.check(host.host, check)}</strong>: {says}
          </Line>
        )),
    ),
  ];
  return (
    <Panel title={said.needs}>
      {items.length === 0 ? (
        <Text c="dimmed">{said.nothing}</Text>
      ) : (
        <ul className={classes.needs}>
          {items.slice(0, MOST_TOLD)}
          {items.length > MOST_TOLD && <li>{said.more(items.length - MOST_TOLD)}</li>}
        </ul>
      )}
    </Panel>
  );
}

const keyOf = ({ matter, object, wants, host, says }: Need) =>
  [matter, object, wants, host, says].map(textOf).join(" ");

const Line = ({ children }: { children: ReactNode }) => (
  <li>
    <Icon name="warning" />
    <span>{children}</span>
  </li>
);

function diskOf(cloud: CloudInfo): readonly ReactNode[] {
  const [free, size] = [numberOf(cloud["home:free"]), numberOf(cloud["home:disk"])];
  if (size === 0 || free >= size * LITTLE) return [];
  return [<Line key="home:disk">{said.diskFull(bytes(free), bytes(size))}</Line>];
}

function NeedLine({ need }: { need: Need }) {
  const { kind, object, wants, since, attempts, says } = need;
  const more = [
    ...(wants === undefined ? [] : [said.wants(textOf(wants), moment(numberOf(since)))]),
    ...(attempts === undefined ? [] : [said.attempts(numberOf(attempts))]),
  ];
  return (
    <Line>
      {object !== undefined && (
        <>
          {textOf(kind)} <Named kind={textOf(kind)} object={textOf(object)} />{" "}
        </>
      )}
      {object === undefined ? says.charAt(0).toUpperCase() + says.slice(1) : says}
      {more.length > 0 && (
        <Text component="span" size="sm" c="dimmed" display="block">
          {more.join(", ")}
        </Text>
      )}
    </Line>
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
