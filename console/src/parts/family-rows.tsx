/** Keys of which there can be several alike, each a row: which one it is, and what it is to be. */
import { ActionIcon, Button, Fieldset, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import type { Family } from "../api/fields.ts";
import classes from "./family-rows.module.css";
import { Icon } from "./icons.tsx";
import { type Choices, KeyField } from "./key-field.tsx";
import { text } from "./text.ts";

type Props = {
  readonly family: Family;
  readonly choices: Choices;
  /** By their whole keys. */
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
  readonly errorOf: (key: string) => string | null;
};

type Row = {
  readonly id: number;
  readonly member: string;
  /** By suffixes. */
  readonly values: Readonly<Record<string, string>>;
};

export function FamilyRows({ family: { family, members, fields }, choices, onChange, errorOf }: Props) {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const nextId = useRef(0);
  const isFree = members === undefined;
  const prefix = isFree ? family.slice(0, -1) : "";
  const put = (next: readonly Row[]) => {
    setRows(next);
    onChange(valuesOf(next, prefix));
  };
  const change = (changed: Row) => put(rows.map((row) => (row.id === changed.id ? changed : row)));
  const freeFor = (own: string) =>
    (members ?? []).filter((member) => member === own || !rows.some((row) => row.member === member));
  const [free] = freeFor("");
  const add = () => put([...rows, { id: nextId.current++, member: free ?? "", values: {} }]);
  return (
    <Fieldset variant="unstyled" legend={family} className={classes.family}>
      <Stack gap="sm">
        {rows.map((row) => (
          <RowFields
            key={row.id}
            {...{ row, family, fields, choices, errorOf, prefix, change }}
            free={isFree ? undefined : freeFor(row.member)}
            onRemove={() => put(rows.filter(({ id }) => id !== row.id))}
          />
        ))}
        <Group>
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon name="add" size={14} />}
            disabled={!isFree && free === undefined}
            onClick={add}
          >
            {text.addRow(family)}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

type RowProps = Pick<Props, "choices" | "errorOf"> &
  Pick<Family, "family" | "fields"> & {
    readonly row: Row;
    readonly prefix: string;
    /** What it may be called; undefined where that is anything. */
    readonly free: readonly string[] | undefined;
    readonly change: (changed: Row) => void;
    readonly onRemove: () => void;
  };

function RowFields({ row, family, fields, choices, errorOf, prefix, free, change, onRemove }: RowProps) {
  const { member, values } = row;
  const remove = text.removeRow(prefix + member);
  const rename = (next: string) => change({ ...row, member: next });
  return (
    <Group align="flex-start" gap="sm" role="group" aria-label={prefix + member || family}>
      {free === undefined ? (
        <TextInput
          label={text.keyOf(family)}
          value={member}
          leftSection={<span className={classes.prefix}>{prefix}</span>}
          leftSectionWidth={52}
          autoComplete="off"
          onChange={({ currentTarget }) => rename(currentTarget.value)}
        />
      ) : (
        <NativeSelect
          label={family}
          value={member}
          data={[...free]}
          onChange={({ currentTarget }) => rename(currentTarget.value)}
        />
      )}
      {fields.map((field) => {
        const key = prefix + member + field.suffix;
        return (
          <div key={field.suffix} className={classes.field}>
            <KeyField
              field={{ ...field, key, help: "" }}
              label={free === undefined ? text.value : key}
              choices={choices}
              value={values[field.suffix] ?? ""}
              error={errorOf(key)}
              obstacle={null}
              onChange={(value) => change({ ...row, values: { ...values, [field.suffix]: value } })}
            />
          </div>
        );
      })}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        mt={25}
        aria-label={remove}
        title={remove}
        onClick={onRemove}
      >
        <Icon name="destroy" />
      </ActionIcon>
    </Group>
  );
}

/** Rows without a name are not sent. */
const valuesOf = (rows: readonly Row[], prefix: string) =>
  Object.fromEntries(
    rows
      .filter(({ member }) => member !== "")
      .flatMap(({ member, values }) =>
        Object.entries(values).map(([suffix, value]) => [prefix + member + suffix, value]),
      ),
  );
