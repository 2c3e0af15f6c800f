/** What is asked of a run directly: nothing of it is recorded, and nothing waits for it but its caller. */
import { ensure } from "../../api/reason.ts";
import { failed } from "../../base/errors.ts";
import { isUndecided } from "../../host/errors.ts";
import { serverCan } from "../can.ts";
import type { ServerDependencies } from "../dependencies.ts";
import type { Server } from "../server.ts";
import { isNotRunning } from "./end.ts";

type Asked = Pick<Server, "uuid" | "host">;

/** Sends ACPI power-down. Does nothing when it is stopped. Errors: `failed` when its QEMU does not answer. */
export async function shutDownServer({ hosts }: ServerDependencies, { uuid, host }: Asked): Promise<void> {
  try {
    await hosts.get(host).servers.powerDown(uuid);
  } catch (error) {
    if (!isNotRunning(error)) throw answerFor(uuid, error);
  }
}

/** Errors: `busy` when it is stopped, or its memory is being written out; `failed` when its QEMU does not answer. */
export async function resetServer({ hosts }: ServerDependencies, { uuid, host }: Asked): Promise<void> {
  const { servers } = hosts.get(host);
  const instance = await servers.find(uuid);
  const state = instance === null || instance.state === "ended" ? null : instance.state;
  ensure(serverCan.reset({ uuid, state }));
  try {
    await servers.reset(uuid);
  } catch (error) {
    if (isNotRunning(error)) ensure(serverCan.reset({ uuid, state: null }));
    throw answerFor(uuid, error);
  }
}

function answerFor(uuid: string, error: unknown): unknown {
  return isUndecided(error)
    ? failed("server_not_answering", `server ${uuid} does not answer; it can be stopped`, { cause: error })
    : error;
}
