/** A list as cards, as many beside each other as there is room for, of which those on the screen alone are there. */
import { Group, Text } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import classes from "./cards.module.css";
import { AllBox, Box, useToggle } from "./grid.tsx";
import type { Selection } from "./list.ts";
import { text } from "./text.ts";

type Props<T> = {
  readonly label: string;
  readonly shown: readonly T[];
  readonly idOf: (row: T) => string;
  readonly card: (row: T) => ReactNode;
  /** Whether any row has a tag: else the cards leave no room for them. */
  readonly haveTags: boolean;
  readonly selection?: Selection<T>;
};

const CARD_PX = { plain: 112, tagged: 136 };
const GAP_PX = 12;
const LEAST_WIDTH_PX = 280;
const OVERSCAN = 3;

export function Cards<T>({ label, shown, idOf, card, haveTags, selection }: Props<T>) {
  const list = useRef<HTMLUListElement>(null);
  const { ref: measured, width } = useElementSize<HTMLUListElement>();
  const ref = useMergedRef(list, measured);
  const toggle = useToggle(selection);
  const lanes = Math.max(1, Math.floor((width + GAP_PX) / (LEAST_WIDTH_PX + GAP_PX)));
  const cardPx = CARD_PX[haveTags ? "tagged" : "plain"];
  const virtual = useWindowVirtualizer({
    count: Math.ceil(shown.length / lanes),
    estimateSize: () => cardPx + GAP_PX,
    overscan: OVERSCAN,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  return (
    <>
      {selection !== undefined && (
        <Group gap="xs" mb="sm">
          <AllBox shown={shown} idOf={idOf} selection={selection} />
          <Text size="sm" c="dimmed" aria-hidden="true">
            {text.chooseAll(shown.length)}
          </Text>
        </Group>
      )}
      <ul ref={ref} aria-label={label} className={classes.cards} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().flatMap(({ index, start }) =>
          shown.slice(index * lanes, (index + 1) * lanes).map((row, lane) => (
            <li
              key={idOf(row)}
              aria-setsize={shown.length}
              aria-posinset={index * lanes + lane + 1}
              className={classes.card}
              style={{
                height: cardPx,
                width: `calc((100% - ${(lanes - 1) * GAP_PX}px) / ${lanes})`,
                left: `calc((100% + ${GAP_PX}px) / ${lanes} * ${lane})`,
                transform: `translateY(${start - virtual.options.scrollMargin}px)`,
              }}
            >
              {selection !== undefined && (
                <div className={classes.box}>
                  <Box
                    label={text.choose(selection.nameOf(row))}
                    isChosen={selection.chosen.has(idOf(row))}
                    onToggle={() => toggle(idOf(row))}
                  />
                </div>
              )}
              {card(row)}
            </li>
          )),
        )}
      </ul>
    </>
  );
}
