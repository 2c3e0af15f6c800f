/**
 * Imaging a drive from a URL: the same queue, the same turns and the same outcomes as of an imaging from a drive. The URL may
 * bear secrets: it is kept wrapped, for as long as it is not done, and told nobody.
 */
import { authorize } from "../../api/authorize.ts";
import { ensure } from "../../api/reason.ts";
import type { UserId } from "../../base/ids.ts";
import { urlSecretOf } from "../../store/wrapped-columns.ts";
import { driveCan } from "../can.ts";
import type { DriveDependencies } from "../dependencies.ts";
import { accessedDrive } from "../drive.ts";
import { FROM_URL } from "../imagings.ts";
import { readyDrive } from "../rows.ts";
import { COPY, notOffered, queueImaging } from "./image.ts";

export type FetchRequest = {
  readonly target: string;
  /** Who asks; the target is theirs. */
  readonly user: UserId;
  readonly url: string;
  /** In lower case; null: whatever it has. */
  readonly sha256: string | null;
  readonly request?: string | null;
};

/** Errors: `missing`, the operator has not allowed it. */
export function ensureFetches({ fetches }: Pick<DriveDependencies, "fetches">): void {
  if (!fetches) throw notOffered();
}

/** Records what is asked for; the rest follows by itself. Errors: `missing`, `busy`. */
export async function fetchDrive(dependencies: DriveDependencies, asked: FetchRequest): Promise<void> {
  const { worker, keyring } = dependencies;
  const { target, user, url, sha256, request = null } = asked;
  ensureFetches(dependencies);
  const wrapped_url = keyring.wrap(urlSecretOf(target), url);
  await worker.command(
    target,
    async (tx) => {
      const onto = await readyDrive(tx, target);
      authorize({ user }, "change", accessedDrive(onto));
      ensure(driveCan.imageOnto(onto));
      const source = FROM_URL;
      await queueImaging(worker, tx, onto, { source, conversion: null, wrapped_url, sha256, request });
      return { operation: null, result: undefined };
    },
    [COPY],
  );
  void worker.look();
}
