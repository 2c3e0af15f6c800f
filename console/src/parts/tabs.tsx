/** The parts of a page, of which the address says which is shown. */
import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useInSight } from "./in-sight.ts";
import classes from "./tabs.module.css";

type Props = {
  readonly label: string;
  readonly names: Readonly<Record<string, string>>;
  readonly chosen: string | undefined;
  readonly onChoose: (tab: string) => void;
  readonly panels: Readonly<Record<string, () => ReactNode>>;
};

export function TabsOf({ label, names, chosen, onChoose, panels }: Props) {
  const [first = ""] = Object.keys(names);
  const value = chosen !== undefined && names[chosen] !== undefined ? chosen : first;
  const row = useInSight<HTMLDivElement>(value);
  return (
    <Tabs value={value} onChange={(next) => next !== null && onChoose(next)} keepMounted={false}>
      <div ref={row} className={classes.scroll}>
        <Tabs.List aria-label={label} className={classes.list}>
          {Object.entries(names).map(([id, name]) => (
            <Tabs.Tab key={id} value={id}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </div>
      {Object.entries(panels).map(([id, panel]) => (
        <Tabs.Panel key={id} value={id}>
          {panel()}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
