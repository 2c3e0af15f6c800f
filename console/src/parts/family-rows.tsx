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
          <Group
            key={row.id}
            align="flex-start"
            gap="sm"
            role="group"
            aria-label={prefix + row.member || family}
          >
            {isFree ? (
              <TextInput
                label={text.keyOf(family)}
                value={row.member}
                leftSection={<span className={classes.prefix}>{prefix}</span>}
                leftSectionWidth={52}
                autoComplete="off"
                onChange={({ currentTarget }) => change({ ...row, member: currentTarget.value })}
              />
            ) : (
              <NativeSelect
                label={family}
                value={row.member}
                data={[...freeFor(row.member)]}
                onChange={({ currentTarget }) => change({ ...row, member: currentTarget.value })}
              />
            )}
            {fields.map((field) => {
              const key = prefix + row.member + field.suffix;
              return (
                <div key={field.suffix} className={classes.field}>
                  <KeyField
                    field={{ ...field, key, help: "" }}
                    label={isFree ? text.value : key}
                    choices={choices}
                    value={row.values[field.suffix] ?? ""}
                    error={errorOf(key)}
                    obstacle={null}
                    onChange={(value) => change({ ...row, values: { ...row.values, [field.suffix]: value } })}
                  />
                </div>
              );
            })}
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              mt={25}
              aria-label={text.removeRow(prefix + row.member)}
              title={text.removeRow(prefix + row.member)}
              onClick={() => put(rows.filter(({ id }) => id !== row.id))}
            >
              <Icon name="destroy" />
            </ActionIcon>
          </Group>
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

/** Rows without a name are not sent. */
const valuesOf = (rows: readonly Row[], prefix: string) =>
  Object.fromEntries(
    rows
      .filter(({ member }) => member !== "")
      .flatMap(({ member, values }) =>
        Object.entries(values).map(([suffix, value]) => [prefix + member + suffix, value]),
      ),
  );
