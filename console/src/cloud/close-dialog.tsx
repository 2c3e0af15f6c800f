/** Closing asks for the name: nothing opens the account again. */
import { Button, Group, Modal, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { change } from "../api/client.ts";
import { numberOf, type Profile, textOf } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { Failure } from "../parts/page.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import { text as words } from "../parts/text.ts";
import { text } from "./text.ts";

const { act: said } = text;

const HELD = [
  ["servers", "server", "servers"],
  ["drives", "drive", "drives"],
  ["ip", "static address", "static addresses"],
  ["vlan", "VLAN", "VLANs"],
] as const;

/** What the account has, such as `2 servers, 1 drive`; empty where it has nothing. */
const heldBy = (account: Profile) =>
  HELD.flatMap(([key, one, several]) => {
    const number = numberOf(account[`used:${key}`]);
    return number === 0 ? [] : [`${number} ${number === 1 ? one : several}`];
  }).join(", ");

export function CloseDialog({ account, onClose }: { account: Profile; onClose: () => void }) {
  const client = useQueryClient();
  const [typed, setTyped] = useState("");
  const [everything, setEverything] = useState(false);
  const name = textOf(account.name) || account.user;
  const path = ["accounts", account.user, "close"];
  const values = everything ? { everything: "true" } : {};
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => change(path.join("/"), values),
    async onSuccess() {
      tell(said.closed);
      onClose();
      await noteChange(client);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === name) mutate();
  };
  const held = heldBy(account);
  return (
    <Modal
      opened
      onClose={onClose}
      title={said.closeTitle(name)}
      closeButtonProps={{ "aria-label": words.cancel }}
    >
      <form onSubmit={submit}>
        <Stack>
          {error !== null && <Failure error={error} />}
          <Text size="sm">
            {said.closeHint} {held !== "" && said.closeHas(held)}
          </Text>
          {held !== "" && (
            <Switch
              label={said.everything}
              description={said.everythingHint}
              checked={everything}
              onChange={({ currentTarget: { checked } }) => setEverything(checked)}
            />
          )}
          <TextInput
            label={said.closeType(name)}
            value={typed}
            onChange={({ currentTarget: { value } }) => setTyped(value)}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {words.cancel}
            </Button>
            <Button type="submit" color="red" disabled={typed !== name} loading={isPending}>
              {said.closeSubmit}
            </Button>
          </Group>
          <RequestShown path={path} values={values} />
        </Stack>
      </form>
    </Modal>
  );
}
