/** What an admin does with an account: what cannot be done now is there all the same, and says why. */
import { Group } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { actFor } from "../api/acting.ts";
import { change } from "../api/client.ts";
import type { Profile } from "../api/objects.ts";
import { noteChange, profileQuery } from "../api/queries.ts";
import { ActButton } from "../parts/act-button.tsx";
import { tell, tellFailure } from "../parts/tell.ts";
import { CloseDialog } from "./close-dialog.tsx";
import { SuspendDialog } from "./suspend-dialog.tsx";
import { text } from "./text.ts";

const { act: said } = text;

export function AccountActions({ account }: { account: Profile }) {
  const { data: own } = useQuery(profileQuery);
  const { dialog } = useSearch({ from: "/cloud/accounts/$user" });
  const navigate = useNavigate({ from: "/cloud/accounts/$user" });
  const resume = useResume(account);
  const open = (next: string | undefined) =>
    void navigate({ search: ({ tab }) => ({ ...(tab && { tab }), ...(next && { dialog: next }) }) });
  const { status } = account;
  const closed = status === "closed" ? said.isClosed : null;
  return (
    <>
      <Group gap="xs">
        <ActButton
          size="sm"
          label={said.act}
          hint={said.actHint}
          obstacle={closed ?? (own?.user === account.user ? said.isYou : null)}
          onClick={() => actFor(account.user)}
        />
        <ActButton
          size="sm"
          label={said.suspend}
          hint={said.suspendHint}
          obstacle={closed ?? (status === "suspended" ? said.isSuspended : null)}
          onClick={() => open("suspend")}
        />
        <ActButton
          size="sm"
          label={said.resume}
          hint={said.resumeHint}
          obstacle={closed ?? (status === "active" ? said.isActive : null)}
          isPending={resume.isPending}
          onClick={() => resume.mutate()}
        />
        <ActButton
          size="sm"
          label={said.close}
          hint={said.closeHint}
          obstacle={closed}
          isGrave
          onClick={() => open("close")}
        />
      </Group>
      {dialog === "suspend" && status === "active" && (
        <SuspendDialog account={account} onClose={() => open(undefined)} />
      )}
      {dialog === "close" && closed === null && (
        <CloseDialog account={account} onClose={() => open(undefined)} />
      )}
    </>
  );
}

function useResume({ user }: Profile) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => change(`accounts/${user}/resume`),
    async onSuccess() {
      tell(said.resumed);
      await noteChange(client);
    },
    onError: (error) => tellFailure(said.resumeFailed, error),
  });
}
