/** The keys of what admins are told of the cloud itself, in the order of answers. */
import { z } from "zod";
import { number, state, time } from "../../api/answered.ts";
import { keyTable } from "../../api/key.ts";
import { uuid } from "../../api/value.ts";
import { MATTERS } from "../needs.ts";

const mhz = { ...number, unit: "core MHz" } as const;
const megabytes = { ...number, unit: "MB" } as const;
const bytes = { ...number, unit: "bytes" } as const;

export const HOST_KEYS = keyTable(
  [
    { ...state, pattern: "host", help: "its name" },
    {
      ...state,
      schema: z.enum(["up", "silent"]),
      pattern: "state",
      help: "up, or silent: it does not answer, and what runs there is not known",
    },
    { ...state, pattern: "version", help: "of the Lodge that asks it" },
    { ...number, unit: "cores", pattern: "cores", help: "how many it has" },
    { ...mhz, pattern: "core:mhz", help: "the speed of one" },
    { ...state, pattern: "accelerator", help: "kvm, or tcg: guests are emulated" },
    { ...state, pattern: "network", help: "bridged, or user: guests do not reach each other" },
    { ...mhz, pattern: "cpu", help: "what may be promised to servers" },
    { ...mhz, pattern: "cpu:promised", help: "what is promised to servers that run" },
    { ...mhz, pattern: "cpu:free", help: "what is left to promise" },
    { ...megabytes, pattern: "mem", help: "what may be promised to servers" },
    { ...megabytes, pattern: "mem:promised", help: "what is promised to servers that run" },
    { ...megabytes, pattern: "mem:free", help: "what is left to promise" },
    { ...bytes, pattern: "disk", help: "what drives may have" },
    { ...bytes, pattern: "disk:promised", help: "the sizes of all drives, full or empty" },
    { ...bytes, pattern: "disk:free", help: "what is left to promise" },
    { ...bytes, pattern: "disk:unwritten", help: "what its disk has free now" },
    { ...number, pattern: "servers", help: "how many are there, running or not" },
    { ...number, pattern: "drives", help: "how many are there" },
    { ...number, pattern: "running", help: "how many servers run" },
  ],
  "hosts",
);

export const CHECK_KEYS = keyTable([
  { ...state, pattern: "check", help: "what was looked at" },
  {
    ...state,
    schema: z.enum(["good", "lacking", "unknown"]),
    pattern: "verdict",
    help: "good, lacking, or unknown: it could not be found out",
  },
  { ...state, pattern: "says", help: "how it is" },
  { ...state, pattern: "follows", help: "what follows from the lack" },
  { ...state, pattern: "mend", help: "what to do about it" },
]);

export const CLOUD_KEYS = keyTable([
  { ...state, pattern: "version", help: "which Lodge it is" },
  { ...time, pattern: "since", help: "since when its daemon runs" },
  { ...number, pattern: "accounts", help: "how many there are that are not closed" },
  { ...number, pattern: "servers", help: "how many there are" },
  { ...number, pattern: "drives", help: "how many there are" },
  { ...number, pattern: "needs", help: "how many things need a person, which cloud/status lists" },
  { ...bytes, pattern: "home:disk", help: "the size of the disk that the cloud's records are on" },
  { ...bytes, pattern: "home:free", help: "what of it is free" },
]);

export const NEED_KEYS = keyTable([
  {
    ...state,
    schema: z.enum(MATTERS),
    pattern: "matter",
    help: "daemon; silent, of a host; unresponsive or unknown, of what runs; lost, of a drive's file; late or slow, of what is under way; damaged or miscounted, of a record",
  },
  { ...state, pattern: "host", help: "where it is" },
  { ...state, pattern: "kind", help: "of which kind the object is" },
  { ...state, pattern: "object", help: "what it is about" },
  { ...state, schema: uuid, pattern: "user", help: "whose it is" },
  { ...state, pattern: "wants", help: "what is wanted of the object" },
  { ...time, pattern: "since", help: "since when" },
  { ...number, pattern: "attempts", help: "how often it was tried" },
  { ...time, pattern: "next", help: "when it is tried next" },
  { ...state, pattern: "says", help: "why, in words" },
]);

export const TROUBLE_KEYS = keyTable([
  { ...state, schema: z.enum(["warn", "error"]), pattern: "level", help: "warn or error" },
  { ...state, pattern: "says", help: "what went wrong" },
  { ...number, pattern: "count", help: "how often" },
  { ...time, pattern: "first", help: "the first time" },
  { ...time, pattern: "last", help: "the last time" },
]);
