/** A table that scrolls by itself where it is wider than the screen, by the keyboard too. */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./wide-table.module.css";

/** What is wider scrolls on a phone, and then nothing in it needs to be broken. */
const PHONE_PX = 480;

type Props = { readonly label: string; readonly minWidth: number; readonly children: ReactNode };

export const WideTable = ({ label, minWidth, children }: Props) => (
  <Table.ScrollContainer
    minWidth={minWidth}
    scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "group", "aria-label": label } }}
  >
    <Table
      verticalSpacing="sm"
      aria-label={label}
      className={minWidth > PHONE_PX ? `${classes.table} ${classes.scrolled}` : classes.table}
    >
      {children}
    </Table>
  </Table.ScrollContainer>
);
