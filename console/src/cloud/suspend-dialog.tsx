/** Suspending asks for the reason that the account's owner is told. */

import { called, type Profile } from "../api/objects.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { SentenceWith } from "../parts/theirs.tsx";
import { text } from "./text.ts";

const { act: said } = text;

export const SuspendDialog = ({ account, onClose }: { account: Profile; onClose: () => void }) => (
  <Dialog
    title={<SentenceWith says={said.suspendTitle} theirs={called(account.name, account.user)} />}
    onClose={onClose}
  >
    <CreateForm
      schema="AccountSuspend"
      path={["accounts", account.user, "suspend"]}
      hint={said.suspendHint}
      submit={said.suspend}
      made={said.suspended}
      onMade={onClose}
    />
  </Dialog>
);
