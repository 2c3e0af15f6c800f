/** Price lists: the one in force, those to come, and another. */

import { Button, Stack, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { textOf } from "../api/objects.ts";
import { moment } from "../parts/amounts.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icons.tsx";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { Empty, Failure, PageHead, Panel, Waiting } from "../parts/page.tsx";
import { text as words } from "../parts/text.ts";
import { WideTable } from "../parts/wide-table.tsx";
import { ForAdmins } from "./frame.tsx";
import type { PriceList } from "./objects.ts";
import { EACH, PriceForm, RESOURCES } from "./price-form.tsx";
import { priceListsQuery } from "./queries.ts";
import { text } from "./text.ts";

const { prices: said } = text;

const ADD = "add";

export const CloudPrices = () => (
  <ForAdmins>
    <Prices />
  </ForAdmins>
);

function Prices() {
  const { data: lists, error, refetch } = useQuery(priceListsQuery);
  const { dialog, open } = useOpenDialog();
  const add = (
    <Button leftSection={<Icon name="add" />} onClick={() => open(ADD)}>
      {said.add}
    </Button>
  );
  const hasSome = lists !== undefined && lists.length > 0;
  return (
    <>
      <PageHead title={said.title} actions={hasSome ? add : undefined} />
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {lists === undefined && error === null && <Waiting />}
      {lists?.length === 0 && (
        <Empty title={said.emptyTitle} actions={add}>
          {said.empty}
        </Empty>
      )}
      <Stack gap="lg">
        {lists?.map((list) => (
          <List key={list.from} list={list} />
        ))}
      </Stack>
      {dialog === ADD && lists !== undefined && (
        <Dialog title={said.add} size="xl" onClose={() => open()}>
          <PriceForm before={lists.at(-1) ?? null} onMade={() => open()} />
        </Dialog>
      )}
    </>
  );
}

function List({ list }: { list: PriceList }) {
  const { from, currency } = list;
  const isInForce = from * 1000 <= Date.now();
  const title = isInForce ? said.inForce(moment(from)) : said.toCome(moment(from));
  return (
    <Panel title={title}>
      <WideTable label={title} minWidth={280}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{said.resource}</Table.Th>
            {EACH.map((each) => (
              <Table.Th key={each} ta="right">
                {said.each[each]}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {RESOURCES.map((resource) => (
            <Table.Tr key={resource}>
              <Table.Td>{said.resources[resource]}</Table.Td>
              {EACH.map((each) => (
                <Table.Td key={each} ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
                  {priceText(list, resource, each, currency)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </WideTable>
    </Panel>
  );
}

/** What a year costs where the list says nothing else. */
const YEAR_MONTHS = "10";

function priceText(list: PriceList, resource: string, each: string, currency: string): string {
  const price = textOf(list[`${resource}:${each}`]);
  if (each === "year" && price === "" && list[`${resource}:subscription`] !== undefined) return YEAR_MONTHS;
  if (price === "") return each === "burst" ? said.free : words.none;
  return each === "year" ? price : `${price} ${currency}`;
}
