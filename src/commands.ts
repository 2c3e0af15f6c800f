/** All commands of the API, as they are declared: for help and documentation. */
import { ACCOUNT_COMMANDS } from "./accounts/commands.ts";
import { PROFILE_COMMANDS } from "./accounts/profile-commands.ts";
import { SESSION_COMMANDS } from "./accounts/session-commands.ts";
import type { Declared } from "./api/command.ts";
import { AUDIT_COMMANDS } from "./audit/commands.ts";
import { DRIVE_COMMANDS } from "./drives/commands.ts";
import { RESOURCE_COMMANDS } from "./resources/commands.ts";
import { SERVER_COMMANDS } from "./servers/commands.ts";
import { SCREEN_COMMANDS } from "./servers/screen-commands.ts";

export type CommandRow = Omit<Declared<never>, "run">;

export const COMMANDS: readonly CommandRow[] = [
  ...[...DRIVE_COMMANDS, ...SERVER_COMMANDS, ...SCREEN_COMMANDS, ...RESOURCE_COMMANDS],
  ...[...PROFILE_COMMANDS, ...SESSION_COMMANDS, ...ACCOUNT_COMMANDS, ...AUDIT_COMMANDS],
];
