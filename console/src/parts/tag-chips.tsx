/** The tags of a list, to choose by: those that most rows have. */
import { Group, UnstyledButton } from "@mantine/core";
import { useMemo } from "react";
import classes from "./tag-chips.module.css";
import { text } from "./text.ts";
import { Theirs } from "./theirs.tsx";

type Props<T> = {
  readonly rows: readonly T[];
  readonly tagsOf: (row: T) => readonly string[];
  /** With spaces between. */
  readonly chosen: string | undefined;
  readonly onChoose: (tags: string) => void;
};

const MOST_SHOWN = 10;

export function TagChips<T>({ rows, tagsOf, chosen = "", onChoose }: Props<T>) {
  const common = useMemo(() => commonTags(rows, tagsOf), [rows, tagsOf]);
  const picked = chosen.split(" ").filter(Boolean);
  // One that is in the address stays there to be taken out, however few have it.
  const shown = [
    ...picked.filter((tag) => !common.some(([name]) => name === tag)),
    ...common.map(([tag]) => tag),
  ];
  const counts = new Map(common);
  if (shown.length === 0) return null;
  const toggle = (tag: string) =>
    onChoose((picked.includes(tag) ? picked.filter((each) => each !== tag) : [...picked, tag]).join(" "));
  return (
    <Group gap={6} mb="sm" role="group" aria-label={text.tags}>
      {shown.map((tag) => (
        <UnstyledButton
          key={tag}
          className={classes.chip}
          aria-pressed={picked.includes(tag)}
          onClick={() => toggle(tag)}
        >
          <Theirs>{tag}</Theirs>
          <span className={classes.count}>{counts.get(tag) ?? 0}</span>
        </UnstyledButton>
      ))}
    </Group>
  );
}

/** Tags with how many rows have each, the commonest first. */
function commonTags<T>(rows: readonly T[], tagsOf: (row: T) => readonly string[]) {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const tag of tagsOf(row)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  return [...counts]
    .sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1))
    .slice(0, MOST_SHOWN);
}
