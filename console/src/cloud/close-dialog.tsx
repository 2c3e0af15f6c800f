/** Closing asks for the name: nothing opens the account again. */
import { Switch, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { change } from "../api/client.ts";
import { called, numberOf, type Profile } from "../api/objects.ts";
import { noteChange } from "../api/queries.ts";
import { ByNameDialog } from "../parts/by-name.tsx";
import { RequestShown } from "../parts/request.tsx";
import { tell } from "../parts/tell.ts";
import { SentenceWith } from "../parts/theirs.tsx";
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
  const [everything, setEverything] = useState(false);
  const name = called(account.name, account.user);
  const path = ["accounts", account.user, "close"];
  const values = everything ? { everything: "true" } : {};
  const close = async () => {
    await change(path.join("/"), values);
    tell(said.closed);
    onClose();
    await noteChange(client);
  };
  const held = heldBy(account);
  return (
    <ByNameDialog
      title={<SentenceWith says={said.closeTitle} theirs={name} />}
      label={<SentenceWith says={said.closeType} theirs={name} isToType />}
      name={name}
      submit={said.closeSubmit}
      onClose={onClose}
      act={close}
      below={<RequestShown path={path} values={values} />}
    >
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
    </ByNameDialog>
  );
}
