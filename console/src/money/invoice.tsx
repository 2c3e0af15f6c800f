/** One month's invoice, as it is printed. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type Profile, textOf } from "../api/objects.ts";
import { profileQuery } from "../api/queries.ts";
import { ObjectPage } from "../parts/object-page.tsx";
import { PageHead, Panel } from "../parts/page.tsx";
import classes from "./money.module.css";
import { type Invoice, invoiceQuery } from "./queries.ts";
import { AmountTable } from "./table.tsx";
import { text } from "./text.ts";

const { invoices: said } = text;

const above = (
  <span className={classes.unprinted}>
    <Link to="/account" search={{ tab: "invoices" }}>
      ← {said.back}
    </Link>
  </span>
);

export function InvoicePage() {
  const { month } = useParams({ from: "/account/invoices/$month" });
  const query = useQuery(invoiceQuery(month));
  const { data: profile } = useQuery(profileQuery);
  return (
    <ObjectPage query={query} title={said.heading(month)} above={above}>
      {(invoice) => <Printed invoice={invoice} profile={profile ?? null} />}
    </ObjectPage>
  );
}

function Printed({ invoice, profile }: { invoice: Invoice; profile: Profile | null }) {
  const { month, status, from, to } = invoice;
  return (
    <div className={classes.printed}>
      <PageHead above={above} title={said.heading(month)} actions={<Actions invoice={invoice} />} />
      <Stack gap="lg">
        <div>
          {[textOf(profile?.name), textOf(profile?.email), invoice.user]
            .filter((line) => line !== "")
            .map((line) => (
              <Text key={line}>{line}</Text>
            ))}
          <Text c="dimmed" size="sm" mt="xs">
            {said.between(dayOf(Number(from)), dayOf(Number(to)))}
          </Text>
        </div>
        {status !== "final" && <Text fw={600}>{said.unfinished}</Text>}
        <Charges invoice={invoice} />
        <Sums invoice={invoice} />
      </Stack>
    </div>
  );
}

const dayOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, "2027-01-01".length);

const Actions = ({ invoice }: { invoice: Invoice }) => (
  <Group gap="xs" className={classes.unprinted}>
    <Button onClick={() => window.print()}>{said.print}</Button>
    <Button
      variant="default"
      renderRoot={(props) => <a href={csvOf(invoice)} download={`invoice-${invoice.month}.csv`} {...props} />}
    >
      {said.csv}
    </Button>
  </Group>
);

/** The resources of which an invoice may tell, in its order. */
const RESOURCES = ["cpu", "mem", "disk", "ip", "vlan", "xfer"] as const;
const WAYS = [
  { way: "burst", amount: "burst" },
  { way: "subscription", amount: "subscribed" },
] as const;

/** A row for each way in which a resource was paid for, of those that it was. */
const rowsOf = (invoice: Invoice) =>
  RESOURCES.flatMap((resource) =>
    WAYS.map(({ way, amount }) => ({
      ...{ resource, way },
      amount: textOf(invoice[`${resource}:${amount}`]),
      cost: textOf(invoice[`${resource}:cost:${way}`]),
    })),
  ).filter(({ amount, cost }) => cost !== "" && (amount !== "0" || cost !== "0"));

const Charges = ({ invoice }: { invoice: Invoice }) => (
  <Panel title={said.table}>
    <AmountTable
      label={said.table}
      minWidth={280}
      words={2}
      secondary={[2]}
      heads={[said.resource, said.way, said.amount, invoice.currency]}
      rows={rowsOf(invoice).map(({ resource, way, amount, cost }) => ({
        key: `${resource} ${way}`,
        cells: [text.resource(resource), said.ways[way], `${amount} ${text.unit(resource)}`, cost],
      }))}
      sum={[said.charged, "", "", textOf(invoice.charged)]}
    />
  </Panel>
);

const sumsOf = (invoice: Invoice) =>
  [
    [said.before, invoice["balance:before"]],
    [said.charged, invoice.charged],
    [said.credited, invoice.credited],
    [said.refunded, invoice.refunded],
    [said.corrected, invoice.corrected],
    [said.after, invoice["balance:after"]],
  ] as const;

const Sums = ({ invoice }: { invoice: Invoice }) => {
  const sums = sumsOf(invoice).map(([name, amount]) => [name, textOf(amount)] as const);
  return (
    <Panel title={said.sums}>
      <div className={classes.sums}>
        <AmountTable
          label={said.sums}
          minWidth={240}
          heads={[said.item, invoice.currency]}
          rows={sums.slice(0, -1).map(([key, amount]) => ({ key, cells: [key, amount] }))}
          sum={[...(sums.at(-1) ?? [])]}
        />
      </div>
    </Panel>
  );
};

/** What is shown as CSV (RFC 4180), in an address of its own: no program is asked for it. */
function csvOf(invoice: Invoice): string {
  const { month, user, status, currency } = invoice;
  const of = [user, month, status, currency];
  const lines = [
    ["user", "month", "status", "currency", "item", "way", "amount", "unit", "money"],
    ...rowsOf(invoice).map(({ resource, way, amount, cost }) => [
      ...[...of, resource, way, amount],
      ...[text.unit(resource), cost],
    ]),
    ...sumsOf(invoice).map(([name, amount]) => [...of, name, "", "", "", textOf(amount)]),
  ];
  const csv = lines.map((cells) => `${cells.join(",")}\r\n`).join("");
  return `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`;
}
