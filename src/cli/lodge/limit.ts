/** `lodge limit …`: what an account may have and has, as the API tells and changes it. */
import { usage } from "../../base/errors.ts";
import { RESOURCES } from "../../limits/resources.ts";
import type { Answered } from "./api.ts";
import { API_FLAGS, apiOf, limitsIn, tell, USER_FLAGS } from "./api-flags.ts";
import { parse, parseFlags } from "./subcommand.ts";
import { tableLines } from "./table.ts";

/** Errors: `usage`; the API's. */
export async function list(args: readonly string[]): Promise<void> {
  const { values } = parseFlags(args, USER_FLAGS);
  tellLimits(values.json, (await apiOf(values).readAccount("info")) as Answered);
}

/** Errors: `usage`; the API's. */
export async function set(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args, API_FLAGS);
  const [user, ...limits] = positionals;
  if (user === undefined || limits.length === 0)
    throw usage("name an account by its uuid, and its limits such as cpu=4000 servers=10 disk=");
  tellLimits(values.json, await apiOf(values).change(["accounts", user, "set"], limitsIn(limits)));
}

function tellLimits(json: boolean | undefined, account: Answered): void {
  const rows = RESOURCES.map((resource) => ({
    resource,
    used: account[`used:${resource}`],
    limit: account[`limit:${resource}`],
  }));
  tell(json, rows, () =>
    tableLines(
      [
        ["resource", ({ resource }) => resource],
        ["used", ({ used }) => used],
        ["limit", ({ limit }) => limit],
      ],
      rows,
    ),
  );
}
