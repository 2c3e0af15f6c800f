/** The parts of a page, of which the address says which is shown. */
import { Tabs } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

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
  const shown = useRef<HTMLButtonElement>(null);
  // On a narrow screen it may be beyond the edge.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is another button
  useEffect(() => {
    shown.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [value]);
  return (
    <Tabs value={value} onChange={(next) => next !== null && onChoose(next)} keepMounted={false}>
      <Tabs.List aria-label={label} mb="lg" style={{ overflowX: "auto", flexWrap: "nowrap" }}>
        {Object.entries(names).map(([id, name]) => (
          <Tabs.Tab key={id} value={id} {...(id === value ? { ref: shown } : {})}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {Object.entries(panels).map(([id, panel]) => (
        <Tabs.Panel key={id} value={id}>
          {panel()}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
