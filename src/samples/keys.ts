/** The keys of samples, in the order of answers. */
import { number, time } from "../api/answered.ts";
import { keyTable } from "../api/key.ts";

const seconds = { ...number, unit: "seconds" } as const;
const bytes = { ...number, unit: "bytes" } as const;
const requests = { ...number, unit: "requests" } as const;

export const SAMPLE_KEYS = keyTable([
  { ...time, pattern: "time", help: "when the step begins" },
  { ...seconds, pattern: "step", help: "how long it is: 60, 3600 or 86400" },
  {
    ...seconds,
    pattern: "seconds",
    help: "for how many of them the server was seen to run; what it used is of these",
  },
  {
    ...number,
    unit: "core MHz",
    pattern: "cpu",
    help: "the mean of what its QEMU used, to be held against the server's `cpu`",
  },
  { ...number, unit: "MB", pattern: "mem", help: "the mean of the machine's memory that it had" },
  { ...bytes, pattern: "rx:bytes", help: "what its NICs received" },
  { ...bytes, pattern: "tx:bytes", help: "what they sent" },
  { ...bytes, pattern: "read:bytes", help: "what it read on its drives" },
  { ...requests, pattern: "read:requests", help: "in how many requests" },
  { ...bytes, pattern: "write:bytes", help: "what it wrote on them" },
  { ...requests, pattern: "write:requests", help: "in how many requests" },
]);
