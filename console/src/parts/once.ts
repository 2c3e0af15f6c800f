/** What changes something, one at a time: a second click comes before the first one is drawn, and would have it done twice. */
import { type UseMutationOptions, useMutation } from "@tanstack/react-query";
import { useCallback, useRef } from "react";

/** As `useMutation`, but what is asked while it is under way is not done: what comes of the first is answered. */
export function useOnce<T, Asked = void>(options: UseMutationOptions<T, Error, Asked>) {
  const { mutateAsync: begin, ...mutation } = useMutation(options);
  const underWay = useRef<Promise<T> | null>(null);
  const mutateAsync = useCallback(
    (asked: Asked) => {
      underWay.current ??= begin(asked).finally(() => {
        underWay.current = null;
      });
      return underWay.current;
    },
    [begin],
  );
  const mutate = useCallback(
    // Why it was refused, the mutation says.
    (asked: Asked) => void mutateAsync(asked).catch(() => {}),
    [mutateAsync],
  );
  return { ...mutation, mutate, mutateAsync };
}
