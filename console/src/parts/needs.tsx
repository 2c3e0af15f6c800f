/** What needs somebody, a line each. */
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";
import classes from "./needs.module.css";
import { Panel } from "./page.tsx";
import { text } from "./text.ts";

/** What there is of it stands in lines; none: nothing does. */
export const Needs = ({ lines }: { lines: readonly ReactNode[] }) => (
  <Panel title={text.needs}>
    {lines.length === 0 ? (
      <Text c="dimmed">{text.nothingNeeded}</Text>
    ) : (
      <ul className={classes.needs}>{lines}</ul>
    )}
  </Panel>
);

export const NeedLine = ({ children }: { children: ReactNode }) => (
  <li>
    <Icon name="warning" />
    <span>{children}</span>
  </li>
);
