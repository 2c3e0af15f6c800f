/** A dialog for what nothing undoes: it is done by whoever types the name of what it is done to. */

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Dialog } from "./dialog.tsx";
import { useFocusBack } from "./focus-back.ts";
import { SubmitButton, SubmitForm } from "./form.tsx";
import { useOnce } from "./once.ts";
import { Failure } from "./page.tsx";
import { text } from "./text.ts";

type Props = {
  readonly title: ReactNode;
  /** What the field of the name asks for. */
  readonly label: ReactNode;
  readonly name: string;
  readonly submit: string;
  readonly onClose: () => void;
  readonly act: () => Promise<void>;
  /** What is told and chosen before. */
  readonly children: ReactNode;
  /** What stands below. */
  readonly below?: ReactNode;
};

export function ByNameDialog({ title, label, name, submit, onClose, act, children, below }: Props) {
  useFocusBack();
  const [typed, setTyped] = useState("");
  const { mutate, isPending, error } = useOnce({ mutationFn: act });
  const onSubmit = () => {
    if (typed === name) mutate();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <SubmitForm error={error} isChecked onSubmit={onSubmit}>
        <Stack>
          {error !== null && <Failure error={error} />}
          {children}
          <TextInput
            label={label}
            value={typed}
            onChange={({ currentTarget: { value } }) => setTyped(value)}
            autoComplete="off"
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text.cancel}
            </Button>
            <SubmitButton
              color="red"
              isPending={isPending}
              obstacle={typed === name ? null : text.nameNotTyped}
            >
              {submit}
            </SubmitButton>
          </Group>
          {below}
        </Stack>
      </SubmitForm>
    </Dialog>
  );
}
