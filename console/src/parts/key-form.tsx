/** A form that sets keys of an object: what is changed is sent, and what is refused is told where it is. */
import { Button, Fieldset, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { change, type Values } from "../api/client.ts";
import { ApiError, sentenceOf } from "../api/errors.ts";
import type { Field } from "../api/fields.ts";
import { textOf } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { SubmitButton, SubmitForm } from "./form.tsx";
import { type Choices, KeyField } from "./key-field.tsx";
import { useOnce } from "./once.ts";
import { Failure } from "./page.tsx";
import { RequestShown } from "./request.tsx";
import { tell } from "./tell.ts";
import { text } from "./text.ts";

type Props = {
  readonly fields: readonly Field[];
  /** The object as it is answered. */
  readonly object: Readonly<Record<string, Parameters<typeof textOf>[0]>>;
  /** Words of the command, such as `["servers", UUID, "set"]`. */
  readonly path: readonly string[];
  /** Why a field cannot be changed now. */
  readonly obstacleOf?: (field: Field) => string | null;
  readonly choices?: Choices;
};

/** The key at fault, where the form has a field for it. */
export const faultOf = (error: unknown, keys: readonly string[]): string | null =>
  error instanceof ApiError && error.key !== null && keys.includes(error.key) ? error.key : null;

export function KeyForm({ fields, object, path, obstacleOf = () => null, choices = {} }: Props) {
  const client = useQueryClient();
  const [changed, setChanged] = useState<Readonly<Record<string, string>>>({});
  const values = changesOf(changed, object, fields);
  const { mutate, isPending, error, reset } = useOnce({
    mutationFn: () => change(path.join("/"), values),
    async onSuccess() {
      await noteChange(client);
      setChanged({});
      tell(text.saved);
    },
  });
  const hasChanges = Object.keys(values).length > 0;
  const fault = faultOf(
    error,
    fields.map(({ key }) => key),
  );
  const submit = () => {
    if (hasChanges) mutate();
  };
  const undo = () => {
    setChanged({});
    reset();
  };
  return (
    <SubmitForm error={error} onSubmit={submit}>
      <Stack gap="lg">
        {error !== null && fault === null && <Failure error={error} />}
        {fields.some((field) => obstacleOf(field) !== null) && (
          <Text size="sm" c="dimmed">
            {text.someNotNow}
          </Text>
        )}
        {grouped(fields).map(({ group, legend, members }) => (
          <Fieldset key={group} legend={legend} variant="unstyled">
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg" mt="xs">
              {members.map((field) => (
                <KeyField
                  key={field.key}
                  field={field}
                  choices={choices}
                  value={changed[field.key] ?? textOf(object[field.key])}
                  error={fault === field.key ? sentenceOf(error) : null}
                  obstacle={obstacleOf(field)}
                  kept={textOf(object[`${field.key}:size`])}
                  isRemoved={changed[field.key] === ""}
                  onChange={(value) => setChanged({ ...changed, [field.key]: value })}
                />
              ))}
            </SimpleGrid>
          </Fieldset>
        ))}
        <Group>
          <SubmitButton isPending={isPending} obstacle={hasChanges ? null : text.nothingChanged}>
            {text.save}
          </SubmitButton>
          {hasChanges ? (
            <Button variant="default" onClick={undo}>
              {text.undo}
            </Button>
          ) : (
            <Text size="sm" c="dimmed">
              {text.nothingChanged}
            </Text>
          )}
        </Group>
        <RequestShown path={path} values={values} />
      </Stack>
    </SubmitForm>
  );
}

/** What differs from the object; what is emptied is unset. What nobody is answered differs where it is there. */
function changesOf(
  changed: Readonly<Record<string, string>>,
  object: Props["object"],
  fields: readonly Field[],
): Values {
  const isKept = (key: string) =>
    fields.some((field) => field.key === key && field.writeOnly) && textOf(object[`${key}:size`]) !== "";
  const differing = Object.entries(changed).filter(
    ([key, value]) => value !== textOf(object[key]) || isKept(key),
  );
  return Object.fromEntries(differing.map(([key, value]) => [key, value === "" ? null : value]));
}

type FieldGroup = {
  readonly group: string;
  readonly legend: string | undefined;
  readonly members: readonly Field[];
};

/** Fields by their groups, in the order of the first of each; those without one come last. A group that is all needs no legend. */
export function grouped(fields: readonly Field[]): readonly FieldGroup[] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    const group = field.group ?? "more";
    groups.set(group, [...(groups.get(group) ?? []), field]);
  }
  const more = groups.get("more");
  groups.delete("more");
  const all = [...groups, ...(more === undefined ? [] : [["more", more] as const])];
  const legendOf = (group: string) => (all.length === 1 ? undefined : (text.groups[group] ?? group));
  return all.map(([group, members]) => ({ group, legend: legendOf(group), members }));
}
