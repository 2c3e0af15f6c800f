/** All keys that a command takes, by what the API says of them: each a field, and rows for those of which there can be several. */
import { Fieldset, SimpleGrid, Stack } from "@mantine/core";
import { useState } from "react";
import { sentenceOf } from "../api/errors.ts";
import type { Field, WholeForm } from "../api/fields.ts";
import { FamilyRows } from "./family-rows.tsx";
import { type Choices, KeyField } from "./key-field.tsx";
import { faultOf, grouped } from "./key-form.tsx";

type Given = Readonly<Record<string, string>>;

/** What was given, and how it is changed. */
export function useGiven() {
  const [plain, setPlain] = useState<Given>({});
  const [rows, setRows] = useState<Readonly<Record<string, Given>>>({});
  const all = Object.assign({}, plain, ...Object.values(rows)) as Given;
  return {
    plain,
    /** What is sent: what is empty is not. */
    values: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "")),
    setPlain: (key: string, value: string) => setPlain((before) => ({ ...before, [key]: value })),
    setRows: (family: string, values: Given) => setRows((before) => ({ ...before, [family]: values })),
  };
}

type Props = {
  readonly form: WholeForm;
  readonly given: ReturnType<typeof useGiven>;
  readonly error: unknown;
  readonly choices: Choices;
  /** Whether fields are called by their keys rather than as people call them. */
  readonly byKey: boolean;
};

/** The key at fault, where there is a field for it now. */
export const faultIn = ({ form, given, error }: Pick<Props, "form" | "given" | "error">) =>
  faultOf(error, [...form.fields.map(({ key }) => key), ...Object.keys(given.values)]);

export function AllKeys({ form, given, error, choices, byKey }: Props) {
  const fault = faultIn({ form, given, error });
  const errorOf = (key: string) => (fault === key ? sentenceOf(error) : null);
  const field = (each: Field) => (
    <KeyField
      key={each.key}
      field={each}
      {...(byKey ? { label: each.key } : {})}
      choices={choices}
      value={given.plain[each.key] ?? ""}
      error={errorOf(each.key)}
      obstacle={null}
      onChange={(value) => given.setPlain(each.key, value)}
    />
  );
  return (
    <Stack gap="lg">
      {grouped(form.fields).map(({ group, legend, members }) => (
        <Fieldset key={group} variant="unstyled" legend={legend}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg" mt="xs">
            {members.map(field)}
          </SimpleGrid>
        </Fieldset>
      ))}
      {form.families.map((family) => (
        <FamilyRows
          key={family.family}
          family={family}
          choices={choices}
          errorOf={errorOf}
          onChange={(values) => given.setRows(family.family, values)}
        />
      ))}
    </Stack>
  );
}
