/** Why a server cannot listen where it is to, in words. */
import { failed } from "../base/errors.ts";

/** bind(2), getaddrinfo(3). */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process does",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "only root may, at a port this low",
  ENOTFOUND: "no address of that name is known",
  EAI_AGAIN: "the name cannot be looked up now",
};

/** What is thrown instead of the system's error: `failed`, with the reason where that is known. */
export function cannotListen(
  error: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
  setting: string,
): Error {
  const why = REASONS[error.code ?? ""];
  return why === undefined
    ? error
    : failed(`Lodge cannot listen at ${host}:${port} (${setting}): ${why}`, { cause: error });
}
