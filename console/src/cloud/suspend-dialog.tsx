/** Suspending asks for the reason that the account's owner is told. */
import { Modal } from "@mantine/core";
import { type Profile, textOf } from "../api/objects.ts";
import { CreateForm } from "../parts/create-form.tsx";
import { text as words } from "../parts/text.ts";
import { text } from "./text.ts";

const { act: said } = text;

export const SuspendDialog = ({ account, onClose }: { account: Profile; onClose: () => void }) => (
  <Modal
    opened
    onClose={onClose}
    title={said.suspendTitle(textOf(account.name) || account.user)}
    closeButtonProps={{ "aria-label": words.cancel }}
  >
    <CreateForm
      schema="AccountSuspend"
      path={["accounts", account.user, "suspend"]}
      hint={said.suspendHint}
      submit={said.suspend}
      made={said.suspended}
      onMade={onClose}
    />
  </Modal>
);
