/** The button of a row that changes something at once: it is done once, however often it is pressed meanwhile. */
import { useQueryClient } from "@tanstack/react-query";
import { noteChange } from "../api/queries.ts";
import { ActButton } from "./act-button.tsx";
import { useOnce } from "./once.ts";
import { tellFailure } from "./tell.ts";

type Props = {
  readonly label: string;
  /** Why it cannot be pressed now; absent: it can. */
  readonly obstacle?: string | null;
  /** What it does, and tells of it. */
  readonly act: () => Promise<void>;
  /** What is told where that failed. */
  readonly failed: string;
};

export function RowButton({ label, obstacle = null, act, failed }: Props) {
  const client = useQueryClient();
  const { mutate, isPending } = useOnce({
    mutationFn: act,
    onError: (error) => tellFailure(failed, error),
    onSettled: () => noteChange(client),
  });
  return <ActButton label={label} obstacle={obstacle} isPending={isPending} onClick={() => mutate()} />;
}
