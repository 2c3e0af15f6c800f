/** The parameters of paths, which stand there in capitals: what a caller puts in their places. */
import { z } from "zod";
import { MOST_READ_BYTES, SIZE_PATTERN } from "../base/size.ts";

export type Param = {
  /** What stands there, completing the sentence "PARAM is …". */
  readonly is: string;
  readonly schema: z.ZodType<string, string>;
};

const bytes = z.string().regex(SIZE_PATTERN);

export const PARAMS: Readonly<Record<string, Param>> = {
  DRIVE: { is: "the uuid of a drive", schema: z.uuid() },
  SOURCE: { is: "the uuid of the drive that is imaged, any that the caller may read", schema: z.uuid() },
  CONVERSION: {
    is: "gzip, to compress the bytes, or gunzip, to decompress them",
    schema: z.enum(["gzip", "gunzip"]),
  },
  SERVER: { is: "the uuid of a server", schema: z.uuid() },
  TYPE: { is: "the type of a resource, 'ip' or 'vlan'", schema: z.enum(["ip", "vlan"]) },
  RESOURCE: {
    is: "a resource: an IPv4 address, or the uuid of a VLAN",
    schema: z.union([z.ipv4(), z.uuid()]),
  },
  FROM: {
    is: "the number of an event, or a time in seconds since the epoch",
    schema: z.string().regex(/^\d{1,15}$/),
  },
  TO: {
    is: "a time in seconds since the epoch, which is not of it any more",
    schema: z.string().regex(/^\d{1,15}$/),
  },
  OBJECT: {
    is: "what was done something to: a uuid, or an IPv4 address",
    schema: z.union([z.uuid(), z.ipv4()]),
  },
  EVENT: { is: "the number of an event", schema: z.string().regex(/^\d{1,15}$/) },
  USER: { is: "the uuid of an account", schema: z.uuid() },
  HOST: { is: "the name of a host", schema: z.string().max(255) },
  MONTH: { is: "a month, such as 2026-12", schema: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/) },
  WEBHOOK: { is: "the uuid of a webhook", schema: z.uuid() },
  SUBSCRIPTION: { is: "the uuid of a subscription", schema: z.uuid() },
  KEY: { is: "the uuid of a key", schema: z.uuid() },
  SESSION: { is: "the uuid of a session", schema: z.uuid() },
  OFFSET: {
    is: "a place in the drive: a number of bytes, optionally with a k, M, G or T suffix",
    schema: bytes,
  },
  SIZE: {
    is: `a number of bytes of at most ${MOST_READ_BYTES / 2 ** 20} MiB, optionally with a k, M, G or T suffix`,
    schema: bytes,
  },
};
