/**
 * How much a socket takes that nobody reads yet (socket(7), wmem_default). Drives' bytes go through unix sockets, whose two ends
 * wait for each other at each full buffer. Lodge enlarges that of its own end (host/process/send-buffer.ts), and cannot QEMU's.
 */

/** Where the system has it, in bytes; a network namespace of its own may have none. */
export const WMEM_DEFAULT = "/proc/sys/net/core/wmem_default";
const ENOUGH_BYTES = 2 ** 20;

export type SocketBuffers = { readonly state: string; readonly follows?: string; readonly todo?: string };

/** @param setting what WMEM_DEFAULT holds; null where it is not there */
export function judgeSocketBuffers(setting: string | null): SocketBuffers {
  const bytes = Number(setting ?? Number.NaN);
  if (Number.isNaN(bytes)) return { state: "not known: the system does not tell net.core.wmem_default" };
  const state = `${Math.round(bytes / 1024)} KiB (net.core.wmem_default)`;
  if (bytes >= ENOUGH_BYTES) return { state };
  return {
    state,
    follows: "a fast disk may wait for Lodge: drives without a cipher are read slower than they could be",
    todo: `sysctl net.core.wmem_default=${ENOUGH_BYTES}, which holds for every socket of this machine that sets none of its own`,
  };
}
