/** A field of text that has several lines: people write lines, and the key's value is one (`src/api/lines.ts`). */
import { Button, Stack, Text, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { textInValue, valueOfText } from "../api/rules.ts";
import { bytes } from "./amounts.ts";
import classes from "./lines-field.module.css";
import { text } from "./text.ts";

type Props = {
  readonly label: string;
  readonly description?: ReactNode;
  readonly title?: string | undefined;
  readonly error?: ReactNode;
  readonly name?: string;
  readonly disabled?: boolean;
  readonly required?: boolean;
  readonly placeholder?: string;
  /** As the key's value is. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** How many bytes there are that nobody is shown; empty: none. */
  readonly kept?: string;
  readonly isRemoved?: boolean;
};

const MOST_ROWS = 12;

export function LinesField(props: Props) {
  const { label, description, title, error, name, disabled = false, required = false, placeholder } = props;
  const { value, onChange, kept = "", isRemoved = false } = props;
  const given = { label, description, title, error, name, disabled, required, placeholder };
  return (
    <Stack gap="xs" className={classes.whole} align="flex-start">
      <Textarea
        {...given}
        value={textInValue(value)}
        onChange={({ currentTarget }) => onChange(valueOfText(currentTarget.value))}
        className={classes.field}
        classNames={{ input: classes.input }}
        autosize
        minRows={2}
        maxRows={MOST_ROWS}
        autoComplete="off"
        spellCheck={false}
      />
      {kept !== "" && value === "" && (
        <Text size="sm" c="dimmed" role="status">
          {isRemoved ? text.linesRemoved : text.linesKept(bytes(Number(kept)))}
        </Text>
      )}
      {kept !== "" && !isRemoved && value === "" && !disabled && (
        <Button variant="default" size="compact-sm" onClick={() => onChange("")}>
          {text.linesRemove(label.toLowerCase())}
        </Button>
      )}
    </Stack>
  );
}
