/** Destroying asks for the name: it is the one thing that nothing undoes. */
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useFocusBack } from "./focus-back.ts";
import { Failure } from "./page.tsx";
import { text } from "./text.ts";

type Props = {
  /** What kind of thing, such as `server`. */
  readonly what: string;
  readonly name: string;
  readonly onClose: () => void;
  /** Destroys it, and leads away. */
  readonly destroy: () => Promise<void>;
  /** What goes with it. */
  readonly children: ReactNode;
};

export function DestroyDialog({ what, name, onClose, destroy, children }: Props) {
  useFocusBack();
  const [typed, setTyped] = useState("");
  const { mutate, isPending, error } = useMutation({ mutationFn: destroy });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === name) mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={text.destroyTitle(`${what} ${name}`)}
      closeButtonProps={{ "aria-label": text.cancel }}
    >
      <form onSubmit={submit}>
        <Stack>
          {error !== null && <Failure error={error} />}
          <Text size="sm">{children}</Text>
          <TextInput
            label={text.destroyType(name)}
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
              {text.destroy}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
