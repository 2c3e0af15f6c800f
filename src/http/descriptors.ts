/** How many connections this process has descriptors for (proc_pid_limits(5), getrlimit(2)). */
import { readFileSync } from "node:fs";

/** More than tools and proxies open, and what memory has room for. */
const MOST_CONNECTIONS = 1024;
/** For the store, the sockets of servers, the storage daemon and what else is not a caller's. */
const RESERVED = 512;
/** A connection, and what its request may open beside it. */
const EACH = 2;
/** Where descriptors are fewer than all this, there are some connections all the same. */
const LEAST_CONNECTIONS = 32;

/** @param limits what `/proc/self/limits` says; without it no limit is known */
export function mostConnections(limits = readLimits()): number {
  const soft = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  const left = Math.floor((soft - RESERVED) / EACH);
  return Math.max(LEAST_CONNECTIONS, Math.min(MOST_CONNECTIONS, left));
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return "";
  }
}
