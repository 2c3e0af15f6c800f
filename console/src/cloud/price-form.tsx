/** The form of a price list: a row for each resource. */
import { Fieldset, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { change } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { noteChange } from "../api/queries.ts";
import { useFirstField } from "../parts/first-field.ts";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { faultOf } from "../parts/key-form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import type { PriceList } from "./objects.ts";
import { text } from "./text.ts";

const { prices: said } = text;

export const RESOURCES = Object.keys(said.resources);
export const EACH = ["burst", "subscription", "year"] as const;

const PATH = ["pricing", "set"] as const;

const KEYS = [
  ...["currency", "from"],
  ...RESOURCES.flatMap((resource) => EACH.map((each) => `${resource}:${each}`)),
];

type Given = Readonly<Record<string, string>>;

/** As the list before it, from the next month on; the first list of a cloud from now on. */
function begun(before: PriceList | null): Given {
  if (before === null) return { currency: "EUR", from: "now" };
  const now = new Date();
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  const kept = KEYS.flatMap((key) => (before[key] === undefined ? [] : [[key, String(before[key])]]));
  return { ...Object.fromEntries(kept), from: month.toISOString().replace(":00.000Z", "Z") };
}

export function PriceForm({ before, onMade }: { before: PriceList | null; onMade: () => void }) {
  const client = useQueryClient();
  const form = useFirstField();
  const [given, setGiven] = useState(() => begun(before));
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
  const { mutate, error, isPending } = useOnce({
    mutationFn: () => change(PATH.join("/"), values),
    async onSuccess() {
      tell(said.added);
      onMade();
      await noteChange(client);
    },
  });
  const fault = faultOf(error, KEYS);
  const field = (key: string, label: string, description?: string) => (
    <TextInput
      key={key}
      name={key}
      label={label}
      description={description}
      autoComplete="off"
      value={given[key] ?? ""}
      error={fault === key ? sentenceOf(error) : null}
      onChange={({ currentTarget }) => setGiven({ ...given, [key]: currentTarget.value })}
    />
  );
  return (
    <SubmitForm error={error} ref={form} onSubmit={() => mutate()}>
      <Stack gap="lg">
        <Text c="dimmed">{said.addHint}</Text>
        {before === null && <Text>{said.firstHint}</Text>}
        {error !== null && fault === null && <Failure error={error} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {field("currency", said.currency, said.currencyHelp)}
          {field("from", said.from, said.fromHelp)}
        </SimpleGrid>
        {RESOURCES.map((resource) => (
          <Fieldset key={resource} legend={said.resources[resource]} variant="unstyled">
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              {EACH.map((each) => field(`${resource}:${each}`, said.each[each] ?? each))}
            </SimpleGrid>
          </Fieldset>
        ))}
        <Group>
          <SubmitButton isPending={isPending}>{said.add}</SubmitButton>
        </Group>
        <RequestShown path={PATH} values={values} />
      </Stack>
    </SubmitForm>
  );
}
