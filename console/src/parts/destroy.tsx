/** Destroying asks for the name: it is the one thing that nothing undoes. */
import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { noteChange } from "../api/queries.ts";
import { ByNameDialog } from "./by-name.tsx";
import { tell } from "./tell.ts";
import { text } from "./text.ts";
import { SentenceWith } from "./theirs.tsx";

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

export const DestroyDialog = ({ what, name, onClose, destroy, children }: Props) => (
  <ByNameDialog
    title={<SentenceWith says={(named) => text.destroyTitle(`${what} ${named}`)} theirs={name} />}
    label={<SentenceWith says={text.destroyType} theirs={name} />}
    name={name}
    submit={text.destroy}
    onClose={onClose}
    act={destroy}
  >
    <Text size="sm">{children}</Text>
  </ByNameDialog>
);

type ListedProps = Omit<Props, "destroy"> & {
  readonly destroy: () => Promise<unknown>;
  /** What is told once it is done. */
  readonly done: string;
};

/** The same of what a list has, which stays where it is. */
export function DestroyListed({ destroy, done, onClose, ...props }: ListedProps) {
  const client = useQueryClient();
  const act = async () => {
    await destroy();
    tell(done);
    onClose();
    await noteChange(client);
  };
  return <DestroyDialog {...props} destroy={act} onClose={onClose} />;
}
