/** What burns now, and what a month used. */
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Profile } from "../api/objects.ts";
import { textOf } from "../api/objects.ts";
import { bytes, count, megabytes, megahertz } from "../parts/amounts.ts";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { decimal, decimalText, moneyText, plus, ZERO } from "./decimal.ts";
import { hasMoney } from "./funds.ts";
import { MonthChoice, useMonth } from "./month.tsx";
import { type Used, usedQuery, usingQuery } from "./queries.ts";
import { AmountTable } from "./table.tsx";
import { text } from "./text.ts";

export const UseOfAccount = ({ profile }: { profile: Profile }) => (
  <Stack mt="lg" gap="lg">
    {hasMoney(profile) && <BurningNow profile={profile} />}
    <UseOfMonth currency={textOf(profile.currency)} />
  </Stack>
);

const SHOWN: Readonly<Record<string, (amount: number) => string>> = {
  ...{ cpu: megahertz, mem: megabytes, disk: bytes },
};

/** An amount of a resource as people read it. */
export const amountOf = (resource: string, amount: number) => (SHOWN[resource] ?? count)(amount);

/** Of what has a price. */
function BurningNow({ profile }: { profile: Profile }) {
  const { data: uses, error, refetch } = useQuery(usingQuery);
  const { now: said } = text;
  const currency = textOf(profile.currency);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (uses === undefined) return <Waiting />;
  const priced = uses.filter(({ price }) => price !== undefined);
  return (
    <Panel title={said.title}>
      {priced.length === 0 ? (
        <Text c="dimmed">{said.nothing}</Text>
      ) : (
        <AmountTable
          label={said.title}
          minWidth={280}
          secondary={[2, 3, 4]}
          heads={[
            said.resource,
            said.using,
            said.subscribed,
            said.burst,
            said.price,
            `${said.burning}, ${currency}`,
          ]}
          rows={priced.map(({ resource, using, subscribed, burst = 0, price = "", burning = "0" }) => ({
            key: resource,
            cells: [
              text.resource(resource),
              amountOf(resource, using),
              subscribed === 0 ? text.none : amountOf(resource, subscribed),
              burst === 0 ? text.none : amountOf(resource, burst),
              price,
              burning,
            ],
          }))}
          sum={[said.total, "", "", "", "", textOf(profile.burning)]}
        />
      )}
    </Panel>
  );
}

/** @param currency empty where there are no prices: then nothing is told of money */
function UseOfMonth({ currency }: { currency: string }) {
  const { month } = useMonth();
  const { data: used, error, refetch } = useQuery(usedQuery(month));
  const { used: said } = text;
  return (
    <Panel title={said.title} aside={<MonthChoice />}>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {used === undefined && error === null && <Waiting />}
      {used !== undefined &&
        (currency === "" ? <Amounts used={used} /> : <Costs used={used} currency={currency} />)}
      <Text c="dimmed" size="sm" mt="md">
        {said.note}
      </Text>
    </Panel>
  );
}

const inUnit = (resource: string, amount: string) => `${moneyText(decimal(amount))} ${text.unit(resource)}`;

const Amounts = ({ used }: { used: readonly Used[] }) => (
  <AmountTable
    label={text.used.title}
    minWidth={280}
    heads={[text.used.resource, text.used.amount]}
    rows={used.map(({ resource, amount }) => ({
      key: resource,
      cells: [text.resource(resource), inUnit(resource, amount)],
    }))}
  />
);

const Costs = ({ used, currency }: { used: readonly Used[]; currency: string }) => {
  const { used: said } = text;
  const sum = used.reduce((all, { cost = "0" }) => plus(all, decimal(cost)), ZERO);
  return (
    <AmountTable
      label={said.title}
      minWidth={280}
      secondary={[2, 3]}
      heads={[said.resource, said.amount, said.subscribed, said.burst, `${said.cost}, ${currency}`]}
      rows={used.map(({ resource, amount, subscribed, burst, cost = "0" }) => ({
        key: resource,
        cells: [
          text.resource(resource),
          inUnit(resource, amount),
          moneyText(decimal(subscribed)),
          moneyText(decimal(burst)),
          cost,
        ],
      }))}
      sum={[said.total, "", "", "", decimalText(sum)]}
    />
  );
};
