/** A table that scrolls by itself where it is wider than the screen, by the keyboard too. */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";

type Props = { readonly label: string; readonly minWidth: number; readonly children: ReactNode };

export const WideTable = ({ label, minWidth, children }: Props) => (
  <Table.ScrollContainer
    minWidth={minWidth}
    scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "group", "aria-label": label } }}
  >
    <Table verticalSpacing="sm" aria-label={label}>
      {children}
    </Table>
  </Table.ScrollContainer>
);
