/**
 * Loaded into the process of a test file before it: ends that process after `?ms=N`, as a failure. Node bounds a test, but
 * not the file: a timer or a socket that a failed test left would keep its process, and with it the whole run, until the
 * run's own limit.
 */
import { isMainThread } from "node:worker_threads";

const limitMs = Number(new URL(import.meta.url).searchParams.get("ms"));

if (isMainThread) {
  setTimeout(() => {
    console.error(`✖ the file did not end within ${limitMs / 1000} s, and was ended`);
    process.exit(1);
  }, limitMs).unref();
}
