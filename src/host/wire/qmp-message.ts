/** What comes over QMP, a line each, as far as anybody reads it (QEMU docs/interop/qmp-spec). */
import { z } from "zod";

const EVENT = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
  timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
});
const REFUSAL = z.object({ class: z.string(), desc: z.string() });

export type QmpEvent = Readonly<z.infer<typeof EVENT>>;
export type Refusal = z.infer<typeof REFUSAL>;

/** `id` is null where the answer says none that we give. */
export type Message =
  | { readonly is: "greeting" }
  | { readonly is: "event"; readonly event: QmpEvent }
  | { readonly is: "answer"; readonly id: number | null; readonly value: unknown }
  | { readonly is: "refusal"; readonly id: number | null; readonly error: Refusal };

/** The message of a line; null for a line that is none. */
export function parseMessage(line: string): Message | null {
  const message = parseObject(line);
  if (message === null) return null;
  if ("event" in message) {
    const { data } = EVENT.safeParse(message);
    return data === undefined ? null : { is: "event", event: data };
  }
  if ("QMP" in message) return { is: "greeting" };
  const id = typeof message.id === "number" ? message.id : null;
  if ("return" in message) return { is: "answer", id, value: message.return };
  const { data } = REFUSAL.safeParse(message.error);
  return data === undefined ? null : { is: "refusal", id, error: data };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What is wrong with a value that has another form, without repeating any of it. */
export function unlike(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
}
