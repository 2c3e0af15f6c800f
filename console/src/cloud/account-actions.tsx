/** What an admin does with an account: what cannot be done now is there all the same, and says why. */
import { Group } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { actFor } from "../api/acting.ts";
import { change } from "../api/client.ts";
import type { Profile } from "../api/objects.ts";
import { noteChange, profileQuery } from "../api/queries.ts";
import { ActButton } from "../parts/act-button.tsx";
import { useOnce } from "../parts/once.ts";
import { useOpenDialog } from "../parts/open-dialog.ts";
import { tell, tellFailure } from "../parts/tell.ts";
import { CloseDialog } from "./close-dialog.tsx";
import { SuspendDialog } from "./suspend-dialog.tsx";
import { text } from "./text.ts";

const { act: said } = text;

export function AccountActions({ account }: { account: Profile }) {
  const { data: own } = useQuery(profileQuery);
  const { dialog, open } = useOpenDialog();
  const resume = useResume(account);
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
        <SuspendDialog account={account} onClose={() => open()} />
      )}
      {dialog === "close" && closed === null && <CloseDialog account={account} onClose={() => open()} />}
    </>
  );
}

function useResume({ user }: Profile) {
  const client = useQueryClient();
  return useOnce({
    mutationFn: () => change(`accounts/${user}/resume`),
    async onSuccess() {
      tell(said.resumed);
      await noteChange(client);
    },
    onError: (error) => tellFailure(said.resumeFailed, error),
  });
}
