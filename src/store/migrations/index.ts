/** The migrations, in order; each is applied once and never changed after a release. */
import type { Migration } from "kysely/migration";
import { usage } from "../../base/errors.ts";
import { initial } from "./0001-initial.ts";
import { imagings } from "./0002-imagings.ts";
import { images } from "./0003-images.ts";
import { resources } from "./0004-resources.ts";
import { operations } from "./0005-operations.ts";
import { lists } from "./0006-lists.ts";
import { accounts } from "./0007-accounts.ts";
import { metering } from "./0008-metering.ts";
import { billing } from "./0009-billing.ts";
import { funds } from "./0010-funds.ts";
import { transfers } from "./0011-transfers.ts";
import { sessions } from "./0012-sessions.ts";
import { samples } from "./0013-samples.ts";
import { userData } from "./0014-user-data.ts";
import { fetches } from "./0015-fetches.ts";
import { changes } from "./0016-changes.ts";
import { eventLists } from "./0017-event-lists.ts";
import type { Engine } from "./serial.ts";

export const migrations = (engine: Engine): Record<string, Migration> => ({
  "0001_initial": initial(engine),
  "0002_imagings": imagings(engine),
  "0003_images": images,
  "0004_resources": resources(engine),
  "0005_operations": operations,
  "0006_lists": lists,
  "0007_accounts": accounts(engine),
  "0008_metering": metering(engine),
  "0009_billing": billing(engine),
  "0010_funds": funds(engine),
  "0011_transfers": transfers,
  "0012_sessions": sessions(engine),
  "0013_samples": samples,
  "0014_user_data": userData,
  "0015_fetches": fetches,
  "0016_changes": changes(engine),
  "0017_event_lists": eventLists(engine),
});

/**
 * Errors: `usage` when a database has had a migration that is none of ours: a newer version has made its tables.
 *
 * @param database how it is named to whoever opens it
 */
export function ensureKnown(
  applied: readonly string[],
  known: Readonly<Record<string, Migration>>,
  database: string,
): void {
  const unknown = applied.find((name) => !(name in known));
  if (unknown === undefined) return;
  throw usage(
    `${database} was made by a newer version of Lodge, which this one does not know (${unknown}): start that version, or restore what was backed up before it`,
  );
}
