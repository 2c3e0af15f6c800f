/** The parts of a page, of which the address says which is shown. */
import { Tabs } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
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
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a small screen it may be beyond the edge.
    list.current
      ?.querySelector(`[data-tab="${value}"]`)
      ?.scrollIntoView({ inline: "nearest", block: "nearest" });
  }, [value]);
  return (
    <Tabs value={value} onChange={(next) => next !== null && onChoose(next)} keepMounted={false}>
      <div className={classes.scroll}>
        <Tabs.List ref={list} aria-label={label} className={classes.list}>
          {Object.entries(names).map(([id, name]) => (
            <Tabs.Tab key={id} value={id} data-tab={id}>
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
