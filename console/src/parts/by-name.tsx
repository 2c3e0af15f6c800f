/** A dialog for what nothing undoes: it is done by whoever types the name of what it is done to. */

import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { Dialog } from "./dialog.tsx";
import { useFocusBack } from "./focus-back.ts";
import { useOnce } from "./once.ts";
import { Failure } from "./page.tsx";
import { text } from "./text.ts";

type Props = {
  readonly title: string;
  /** What the field of the name asks for. */
  readonly label: string;
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
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === name) mutate();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={onSubmit}>
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
            <Button type="submit" color="red" disabled={typed !== name} loading={isPending}>
              {submit}
            </Button>
          </Group>
          {below}
        </Stack>
      </form>
    </Dialog>
  );
}
