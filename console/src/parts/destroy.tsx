/** Destroying asks for the name: it is the one thing that nothing undoes. */
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { ByNameDialog } from "./by-name.tsx";
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

export const DestroyDialog = ({ what, name, onClose, destroy, children }: Props) => (
  <ByNameDialog
    title={text.destroyTitle(`${what} ${name}`)}
    label={text.destroyType(name)}
    name={name}
    submit={text.destroy}
    onClose={onClose}
    act={destroy}
  >
    <Text size="sm">{children}</Text>
  </ByNameDialog>
);
