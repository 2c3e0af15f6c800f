/** What an account has paid for in advance, and whether it is to go on. */
import { Button, Switch, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { change } from "../api/client.ts";
import type { Profile } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { bytes, moment } from "../parts/amounts.ts";
import { Icon } from "../parts/icons.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure, Panel, Waiting } from "../parts/page.tsx";
import { tell, tellFailure } from "../parts/tell.ts";
import { WideTable } from "../parts/wide-table.tsx";
import classes from "./money.module.css";
import { pricingQuery, type Subscription, subscriptionsQuery } from "./queries.ts";
import { Subscribe } from "./subscribe.tsx";
import { text } from "./text.ts";
import { amountOf } from "./use.tsx";

const { subscriptions: said } = text;

export function Subscriptions({ profile }: { profile: Profile }) {
  const { data: subscriptions, error, refetch } = useQuery(subscriptionsQuery);
  const { data: prices = [] } = useQuery(pricingQuery);
  const { subscribe } = useSearch({ from: "/account" });
  const navigate = useNavigate({ from: "/account" });
  const show = (isShown: boolean) =>
    void navigate({ search: { tab: "money", ...(isShown ? { subscribe: true as const } : {}) } });
  const offered = prices.filter((price) => price["subscription:month"] !== undefined);
  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />;
  if (subscriptions === undefined) return <Waiting />;
  return (
    <Panel
      title={said.title}
      aside={
        offered.length > 0 && (
          <Button leftSection={<Icon name="add" />} onClick={() => show(true)}>
            {said.subscribe}
          </Button>
        )
      }
    >
      {subscriptions.length === 0 ? (
        <Text c="dimmed">{offered.length > 0 ? said.empty : said.nothingOffered}</Text>
      ) : (
        <List subscriptions={subscriptions} />
      )}
      {subscribe === true && offered.length > 0 && (
        <Subscribe profile={profile} offered={offered} onClose={() => show(false)} />
      )}
    </Panel>
  );
}

const List = ({ subscriptions }: { subscriptions: readonly Subscription[] }) => {
  const hasStores = subscriptions.some(({ left }) => left !== undefined);
  return (
    <WideTable label={said.title} minWidth={300}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{said.resource}</Table.Th>
          <Table.Th className={classes.number}>{said.amount}</Table.Th>
          {hasStores && (
            <Table.Th data-secondary className={classes.number}>
              {said.left}
            </Table.Th>
          )}
          <Table.Th data-secondary className={classes.number}>
            {said.price}
          </Table.Th>
          <Table.Th>{said.to}</Table.Th>
          <Table.Th data-secondary>{said.statusTitle}</Table.Th>
          <Table.Th>{said.renew}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...subscriptions].reverse().map((each) => (
          <Table.Tr key={each.subscription}>
            <Table.Td>{text.resource(each.resource)}</Table.Td>
            <Table.Td className={classes.number}>{shown(each.resource, each.amount)}</Table.Td>
            {hasStores && (
              <Table.Td data-secondary className={classes.number}>
                {each.left === undefined ? text.none : bytes(each.left)}
              </Table.Td>
            )}
            <Table.Td data-secondary className={classes.number}>
              {each.price}
            </Table.Td>
            <Table.Td>{moment(each.to)}</Table.Td>
            <Table.Td data-secondary>{said.status[each.status] ?? each.status}</Table.Td>
            <Table.Td>
              <Renewal subscription={each} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
};

const shown = (resource: string, amount: number) =>
  resource === "xfer" ? bytes(amount) : amountOf(resource, amount);

function Renewal({
  subscription: { subscription, resource, renew, status, to },
}: {
  subscription: Subscription;
}) {
  const client = useQueryClient();
  const { mutate, isPending } = useOnce({
    mutationFn: (isOn: boolean) => change(`subscriptions/${subscription}/set`, { renew: String(isOn) }),
    async onSuccess() {
      tell(said.renewSaved);
      await noteChange(client);
    },
    onError: (failure) => tellFailure(said.renewFailed, failure),
  });
  if (status !== "active") return text.none;
  return (
    <Switch
      aria-label={said.renewOf(text.resource(resource), moment(to))}
      title={said.renewHelp}
      checked={renew === "true"}
      disabled={isPending}
      onChange={({ currentTarget: { checked } }) => mutate(checked)}
    />
  );
}
