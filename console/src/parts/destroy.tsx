/** Destroying asks for the name: it is the one thing that nothing undoes. */
import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { change } from "../api/client.ts";
import { noteChange } from "../api/queries.ts";
import { ByNameDialog } from "./by-name.tsx";
import { type Asked, RequestShown } from "./request.tsx";
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
  /** The request by which that is done; absent where the page shows it. */
  readonly asked?: Asked;
  /** Of what is kept for others, such as an image: it is told as being removed. */
  readonly isRemoval?: true;
  /** What goes with it. */
  readonly children: ReactNode;
};

export function DestroyDialog({ what, name, onClose, destroy, asked, isRemoval, children }: Props) {
  const { act, title, type } = isRemoval ? text.remove : text.destroy;
  return (
    <ByNameDialog
      title={<SentenceWith says={(named) => title(`${what} ${named}`)} theirs={name} />}
      label={<SentenceWith says={type} theirs={name} isToType />}
      name={name}
      submit={act}
      onClose={onClose}
      act={destroy}
      below={asked && <RequestShown {...asked} />}
    >
      <Text size="sm">{children}</Text>
    </ByNameDialog>
  );
}

type ListedProps = Omit<Props, "destroy"> & {
  readonly asked: Asked;
  /** What is told once it is done. */
  readonly done: string;
};

/** The same of what a list has, which stays where it is. */
export function DestroyListed({ done, onClose, ...props }: ListedProps) {
  const { path, values } = props.asked;
  const client = useQueryClient();
  const act = async () => {
    await change(path.join("/"), values);
    tell(done);
    onClose();
    await noteChange(client);
  };
  return <DestroyDialog {...props} destroy={act} onClose={onClose} />;
}
