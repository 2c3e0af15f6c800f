/** All commands of the API, as they are declared: for help and documentation. */
import type { Declared } from "./api/command.ts";
import { DRIVE_COMMANDS } from "./drives/commands.ts";
import { RESOURCE_COMMANDS } from "./resources/commands.ts";
import { SERVER_COMMANDS } from "./servers/commands.ts";

export type CommandRow = Omit<Declared<never>, "run">;

export const COMMANDS: readonly CommandRow[] = [...DRIVE_COMMANDS, ...SERVER_COMMANDS, ...RESOURCE_COMMANDS];
