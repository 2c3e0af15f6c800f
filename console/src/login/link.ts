/** A link with a code, which logs in whoever follows it, once: whoever was in before, in this browser, is in no more. */
import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { forgetActing } from "../api/acting.ts";
import { change } from "../api/client.ts";
import { goOn } from "./behind.ts";

/** A code in the address is taken out of it at once: it is good once, and nobody's to see. */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}

/** What the page came with. */
let linked = takeCode();

export type LogIn = UseMutationResult<unknown, Error, string>;

/**
 * Begins a session with what stands in `Authorization`.
 *
 * @param before whose page there is, null where there is none
 */
export function useLogIn(before: string | null): LogIn {
  const client = useQueryClient();
  return useMutation({
    mutationFn(authorization: string) {
      forgetActing();
      return change("session", undefined, { Authorization: authorization });
    },
    onSuccess: () => goOn(client, before),
  });
}

/** Follows the link that the page came with, and one that is opened in the same tab later. @param before as of `useLogIn` */
export function useLink(before: string | null): LogIn {
  const logIn = useLogIn(before);
  const { mutate } = logIn;
  useEffect(() => {
    const follow = () => {
      const code = linked ?? takeCode();
      linked = null;
      if (code !== null) mutate(`Bearer ${code}`);
    };
    follow();
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [mutate]);
  return logIn;
}
