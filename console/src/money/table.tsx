/** A table of amounts: its first column names, all others are numbers, and the last row may be a sum. */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { WideTable } from "../parts/wide-table.tsx";
import classes from "./money.module.css";

type Props = {
  readonly label: string;
  readonly minWidth: number;
  readonly heads: readonly string[];
  /** How many columns at the left are words. */
  readonly words?: number;
  /** Which columns are left out on a narrow screen. */
  readonly secondary?: readonly number[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
  readonly sum?: readonly ReactNode[];
};

export const AmountTable = ({ label, minWidth, heads, words = 1, secondary = [], rows, sum }: Props) => {
  const side = (at: number) => ({
    ...(at < words ? {} : { className: classes.number }),
    ...(secondary.includes(at) ? { "data-secondary": true } : {}),
  });
  return (
    <WideTable label={label} minWidth={minWidth}>
      <Table.Thead>
        <Table.Tr>
          {heads.map((head, at) => (
            <Table.Th key={head} {...side(at)}>
              {head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ key, cells }) => (
          <Table.Tr key={key}>
            {cells.map((cell, at) => (
              <Table.Td key={heads[at]} {...side(at)}>
                {cell}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
      {sum !== undefined && (
        <Table.Tfoot>
          <Table.Tr className={classes.sum}>
            {sum.map((cell, at) => (
              <Table.Td key={heads[at]} {...side(at)}>
                {cell}
              </Table.Td>
            ))}
          </Table.Tr>
        </Table.Tfoot>
      )}
    </WideTable>
  );
};
