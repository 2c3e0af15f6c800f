/** Subscribing: what it costs is asked first, and what was asked is what is bought. */

import { Button, Group, NativeSelect, Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { change } from "../api/client.ts";
import { sentenceOf } from "../api/errors.ts";
import { type Profile, textOf } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { moment } from "../parts/amounts.ts";
import { Dialog } from "../parts/dialog.tsx";
import { SubmitButton, SubmitForm } from "../parts/form.tsx";
import { faultOf } from "../parts/key-form.tsx";
import { useOnce } from "../parts/once.ts";
import { Failure } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import type { Price } from "./cost.ts";
import type { Quote, Subscription } from "./queries.ts";
import { text } from "./text.ts";

const { subscriptions: said } = text;

type Props = {
  readonly profile: Profile;
  readonly offered: readonly Price[];
  readonly onClose: () => void;
};

type Asked = {
  readonly resource: string;
  readonly amount: string;
  readonly period: string;
  readonly renew: string;
};

export function Subscribe({ profile, offered, onClose }: Props) {
  const [asked, setAsked] = useState<Asked>({
    ...{ resource: offered[0]?.resource ?? "", amount: "", period: "month", renew: "false" },
  });
  const [quote, setQuote] = useState<Quote | null>(null);
  const client = useQueryClient();
  const quoting = useOnce({
    mutationFn: () => change<Quote>("subscriptions/quote", asked),
    onSuccess: setQuote,
  });
  const buying = useOnce({
    mutationFn: () => change<Subscription>("subscriptions/create", asked),
    async onSuccess() {
      tell(said.bought);
      onClose();
      await noteChange(client);
    },
  });
  const error = quoting.error ?? buying.error;
  const fault = faultOf(error, ["resource", "amount", "period", "renew"]);
  const ask = (changed: Partial<Asked>) => {
    setAsked({ ...asked, ...changed });
    setQuote(null);
    quoting.reset();
    buying.reset();
  };
  const submit = () => {
    if (quote === null) quoting.mutate();
    else buying.mutate();
  };
  return (
    <Dialog title={said.subscribe} onClose={onClose}>
      <SubmitForm error={error} onSubmit={submit}>
        <Stack>
          {error !== null && fault === null && <Failure error={error} />}
          <Fields asked={asked} ask={ask} offered={offered} fault={fault} sentence={sentenceOf(error)} />
          {quote !== null && <Quoted quote={quote} profile={profile} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {said.cancel}
            </Button>
            <SubmitButton isPending={quoting.isPending || buying.isPending}>
              {quote === null ? said.quote : said.buy(quote.price, quote.currency)}
            </SubmitButton>
          </Group>
          <RequestShown path={["subscriptions", quote === null ? "quote" : "create"]} values={asked} />
        </Stack>
      </SubmitForm>
    </Dialog>
  );
}

type FieldsProps = {
  readonly asked: Asked;
  readonly ask: (changed: Partial<Asked>) => void;
  readonly offered: readonly Price[];
  readonly fault: string | null;
  readonly sentence: string;
};

function Fields({ asked, ask, offered, fault, sentence }: FieldsProps) {
  const errorAt = (key: string) => (fault === key ? sentence : null);
  const unit = said.units[asked.resource];
  return (
    <>
      <NativeSelect
        label={said.resource}
        data-autofocus
        value={asked.resource}
        error={errorAt("resource")}
        data={offered.map(({ resource }) => ({ value: resource, label: text.resource(resource) }))}
        onChange={({ currentTarget: { value } }) => ask({ resource: value })}
      />
      <TextInput
        label={said.amount}
        description={unit === undefined ? said.amountBytes : said.amountHelp(unit)}
        value={asked.amount}
        required
        autoComplete="off"
        error={errorAt("amount")}
        onChange={({ currentTarget: { value } }) => ask({ amount: value })}
      />
      <Radio.Group label={said.period} value={asked.period} onChange={(period) => ask({ period })}>
        <Group mt="xs">
          {Object.entries(said.periods).map(([period, label]) => (
            <Radio key={period} value={period} label={label} />
          ))}
        </Group>
      </Radio.Group>
      <Switch
        label={said.renew}
        description={said.renewHelp}
        checked={asked.renew === "true"}
        onChange={({ currentTarget: { checked } }) => ask({ renew: String(checked) })}
      />
    </>
  );
}

const Quoted = ({ quote: { price, currency, to }, profile }: { quote: Quote; profile: Profile }) => (
  <div role="status">
    <Text fw={600}>{said.quoted(price, currency, moment(to))}</Text>
    <Text size="sm" c="dimmed">
      {said.balance(textOf(profile.balance), currency)}
    </Text>
  </div>
);
