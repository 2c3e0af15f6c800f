/** Drives as they stand in the store: the queries that read them, compiled once. */
import { authorize } from "../api/authorize.ts";
import { readOr, type Unreadable } from "../api/unreadable.ts";
import { CLOUD_USER, type UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import { accessedDrive, type Drive, type DriveRow, driveOf, driveSeenBy, noSuchDrive } from "./drive.ts";
import type { ImagingRow } from "./imagings.ts";
import { RESIZE, resizing } from "./resizing.ts";

const COLUMNS = [
  "uuid",
  "user",
  "host",
  "generation",
  "size_bytes",
  "cipher",
  "wrapped_secret",
  "claim_type",
  "properties",
  "standard",
  "read_bytes",
  "read_requests",
  "write_bytes",
  "write_requests",
] as const;

export type UnreadableDrive = Unreadable<Pick<Drive, "uuid" | "user">>;

/** Drives that are being made or destroyed are not there for anybody. */
export class DriveRecords {
  readonly #drives: ReturnType<typeof driveQueries>;
  readonly #claims: ReturnType<typeof claimQueries>;
  readonly #imagings: ReturnType<typeof imagingQueries>;
  readonly #resizes: ReturnType<typeof resizeQuery>;

  constructor(store: Store) {
    this.#drives = driveQueries(store);
    this.#claims = claimQueries(store);
    this.#imagings = imagingQueries(store);
    this.#resizes = resizeQuery(store);
  }

  /** A drive that the user may read. Errors: `missing`. */
  async readable(uuid: string, user: UserId): Promise<Drive> {
    const [row] = await this.#drives.byUuid({ uuid });
    if (row === undefined) throw noSuchDrive(uuid);
    const claims = await this.#claims.of({ drive: uuid });
    const drive = driveOf(
      row,
      claims.map(({ server }) => server),
      await this.#imagings.of({ drive: uuid }),
    );
    authorize({ user }, "read", accessedDrive(drive));
    return drive;
  }

  /** A drive that the user may read, as they may see it. */
  async seenBy(drive: Drive, user: UserId): Promise<Drive> {
    if (drive.user === user) return drive;
    const claims = await this.#claims.of({ drive: drive.uuid });
    const own = claims.filter((claim) => claim.user === user).map(({ server }) => server);
    return driveSeenBy(drive, user, own);
  }

  /** A drive of the user's own. Errors: `missing`. */
  async own(uuid: string, user: UserId): Promise<Drive> {
    const drive = await this.readable(uuid, user);
    authorize({ user }, "change", accessedDrive(drive));
    return drive;
  }

  /** That a drive is there and the user's own, whatever else is said of it. Errors: `missing`. */
  async locate(uuid: string, user: UserId): Promise<Pick<Drive, "uuid">> {
    const [row] = await this.#drives.byUuid({ uuid });
    return row?.user === user && row.standard === null ? row : this.own(uuid, user);
  }

  /**
   * Errors: `busy` while the drive's size is being changed, also when nobody knows yet what came of that: what is written
   * could be cut off.
   */
  async ensureNotResizing(uuid: string): Promise<void> {
    if ((await this.#resizes({ drive: uuid })).length > 0) throw resizing(uuid);
  }

  /** The user's drives, oldest first; a damaged one does not hide the others. */
  async ofUser(user: UserId): Promise<readonly (Drive | UnreadableDrive)[]> {
    return withClaims(
      await this.#drives.byUser({ user }),
      await this.#claims.onUsers({ user }),
      await this.#imagings.onUsers({ user }),
    );
  }

  /** The standard images, in the order in which they came, with the user's claims on them; as `ofUser`. */
  async standard(user: UserId): Promise<readonly (Drive | UnreadableDrive)[]> {
    return withClaims(
      await this.#drives.byUser({ user: CLOUD_USER }),
      await this.#claims.ownOnStandard({ user }),
      await this.#imagings.onUsers({ user }),
    );
  }
}

const resizeQuery = (store: Store) =>
  store.query<{ drive: string }, { object: string }>((db, param) =>
    db
      .selectFrom("operations")
      .select("object")
      .where("object", "=", param("drive"))
      .where("action", "=", RESIZE),
  );

const driveQueries = (store: Store) => ({
  byUuid: store.query<{ uuid: string }, DriveRow>((db, param) =>
    db.selectFrom("drives").select(COLUMNS).where("uuid", "=", param("uuid")).where("phase", "=", "ready"),
  ),
  byUser: store.query<{ user: string }, DriveRow>((db, param) =>
    db
      .selectFrom("drives")
      .select(COLUMNS)
      .where("user", "=", param("user"))
      .where("phase", "=", "ready")
      .orderBy("serial"),
  ),
});

const claimQueries = (store: Store) => ({
  of: store.query<{ drive: string }, { server: string; user: string }>((db, param) =>
    db
      .selectFrom("claims")
      .innerJoin("servers", "servers.uuid", "claims.server")
      .select(["claims.server", "servers.user"])
      .where("claims.drive", "=", param("drive")),
  ),
  onUsers: store.query<{ user: string }, { drive: string; server: string }>((db, param) =>
    db
      .selectFrom("claims")
      .innerJoin("drives", "drives.uuid", "claims.drive")
      .select(["claims.drive", "claims.server"])
      .where("drives.user", "=", param("user")),
  ),
  /** Who uses a standard image is nobody's to know but of their own servers. */
  ownOnStandard: store.query<{ user: string }, { drive: string; server: string }>((db, param) =>
    db
      .selectFrom("claims")
      .innerJoin("drives", "drives.uuid", "claims.drive")
      .innerJoin("servers", "servers.uuid", "claims.server")
      .select(["claims.drive", "claims.server"])
      .where("drives.user", "=", CLOUD_USER)
      .where("servers.user", "=", param("user")),
  ),
});

const imagingQueries = (store: Store) => ({
  of: store.query<{ drive: string }, ImagingRow>((db, param) =>
    db
      .selectFrom("imagings")
      .innerJoin("drives", "drives.uuid", "imagings.target")
      .select(["target", "source", "state", "error", "drives.user"])
      .where((row) => row.or([row("target", "=", param("drive")), row("source", "=", param("drive"))])),
  ),
  onUsers: store.query<{ user: string }, ImagingRow>((db, param) =>
    db
      .selectFrom("imagings")
      .innerJoin("drives as targets", "targets.uuid", "imagings.target")
      .leftJoin("drives as sources", "sources.uuid", "imagings.source")
      .select(["target", "source", "state", "error", "targets.user"])
      .where((row) =>
        row.or([row("targets.user", "=", param("user")), row("sources.user", "=", param("user"))]),
      ),
  ),
});

function withClaims(
  rows: readonly DriveRow[],
  claims: readonly { readonly drive: string; readonly server: string }[],
  imagings: readonly ImagingRow[],
): (Drive | UnreadableDrive)[] {
  const byDrive = Map.groupBy(claims, ({ drive }) => drive);
  return rows.map((row) => {
    const claimed = (byDrive.get(row.uuid) ?? []).map(({ server }) => server);
    const names = { uuid: row.uuid, user: row.user as UserId };
    return readOr(names, () => driveOf(row, claimed, imagings));
  });
}
