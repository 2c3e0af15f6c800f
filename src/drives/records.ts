/** Drives as they stand in the store: the queries that read them, compiled once. */
import { MOST_KEPT_BYTES } from "../api/attributes.ts";
import { authorize } from "../api/authorize.ts";
import { readOr, type Unreadable } from "../api/unreadable.ts";
import { CLOUD_USER, type UserId } from "../base/ids.ts";
import { mapPages, pagesOf } from "../base/pages.ts";
import { type PageParams, RecentObjects, type Revision } from "../store/recent-objects.ts";
import type { BuildQuery, Store } from "../store/store.ts";
import { CHANGING, changing } from "./changing.ts";
import { accessedDrive, type Drive, type DriveRow, driveOf, driveSeenBy, noSuchDrive } from "./drive.ts";
import { type ImagingRow, imagedOf } from "./imagings.ts";

const COLUMNS = [
  "uuid",
  "user",
  "host",
  "generation",
  "revision",
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

/** About what a row of a list has. */
const LISTED_BYTES = 100;

/** The drives of a page by their serial numbers, both included, whose they are, and who asks. */
type Range = { owner: string; asker: string; first: number; last: number };
type ClaimRow = { readonly drive: string; readonly server: string };
type KeptRow = DriveRow & Revision;
type OnPage = { readonly serial: number; readonly object: Drive | UnreadableDrive };
type DrivePages = AsyncIterable<readonly (Drive | UnreadableDrive)[]>;

export type UnreadableDrive = Unreadable<Pick<Drive, "uuid" | "user">>;

/** Drives that are being made or destroyed are not there for anybody. */
export class DriveRecords {
  /** As their rows alone tell of them: neither claims nor imagings are in those. */
  readonly #recent = new RecentObjects({
    read: (row: KeptRow) => driveOf(row, []),
    charactersIn: ({ properties }) => properties.length,
    // Who imports an image again under its uuid makes another one. Earlier versions took longer properties.
    isKept: ({ standard, properties }) => standard === null && properties.length <= MOST_KEPT_BYTES,
  });
  readonly #drives: ReturnType<typeof driveQueries>;
  readonly #claims: ReturnType<typeof claimQueries>;
  readonly #imagings: ReturnType<typeof imagingQueries>;
  readonly #operations: ReturnType<typeof changeQuery>;

  constructor(store: Store) {
    this.#drives = driveQueries(store);
    this.#claims = claimQueries(store);
    this.#imagings = imagingQueries(store);
    this.#operations = changeQuery(store);
  }

  /** A drive that the user may read. Errors: `missing`. */
  async readable(uuid: string, user: UserId): Promise<Drive> {
    const [row] = await this.#drives.byUuid({ uuid });
    if (row === undefined) throw noSuchDrive(uuid);
    const claims = await this.#claims.of({ drive: uuid });
    const drive = asFound(this.#recent.of(row), claims, await this.#imagings.of({ drive: uuid }));
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
   * Errors: `busy` while its host may still change the drive's bytes, also when nobody knows yet what came of that: what is
   * written could be cut off, or written over.
   */
  async ensureNotChanging(uuid: string): Promise<void> {
    const [operation] = await this.#operations({ drive: uuid });
    const error = operation === undefined ? null : changing(uuid, operation.action);
    if (error !== null) throw error;
  }

  /** The user's drives, oldest first; a damaged one does not hide the others. */
  ofUser(user: UserId): DrivePages {
    const { revisions, page: rows } = this.#drives;
    const pages = this.#recent.pages(user, { revisions, rows }, (row) => this.#ofPage(row));
    return this.#withOthers(pages, { owner: user, asker: user }, this.#claims.onPage);
  }

  /** The standard images, in the order in which they came, with the user's claims on them; as `ofUser`. */
  standard(user: UserId): DrivePages {
    const rows = pagesOf(
      (after, most) => this.#drives.page({ user: CLOUD_USER, after, most }),
      ({ properties }) => properties.length,
    );
    const pages = mapPages(rows, (page) =>
      page.map((row) => ({ serial: row.serial, object: this.#ofPage(row) })),
    );
    return this.#withOthers(pages, { owner: CLOUD_USER, asker: user }, this.#claims.ownOnPage);
  }

  /** What a list answers of the user's drives, oldest first: nothing else of them is read. */
  listedOf(user: UserId): AsyncIterable<readonly Pick<Drive, "uuid">[]> {
    return pagesOf(
      (after, most) => this.#drives.list({ user, after, most }),
      () => LISTED_BYTES,
    );
  }

  /** The same of the standard images. */
  listedStandard(): AsyncIterable<readonly Pick<Drive, "uuid">[]> {
    return this.listedOf(CLOUD_USER);
  }

  #ofPage(row: KeptRow): Drive | UnreadableDrive {
    return readOr({ uuid: row.uuid, user: row.user as UserId }, () => this.#recent.of(row));
  }

  #withOthers(
    pages: AsyncIterable<readonly OnPage[]>,
    whose: Pick<Range, "owner" | "asker">,
    claimsOn: ReturnType<typeof claimQueries>["onPage"],
  ): DrivePages {
    return mapPages(pages, async (page) => {
      const range = { ...whose, first: page[0]?.serial ?? 0, last: page.at(-1)?.serial ?? 0 };
      const [onto, from] = [await this.#imagings.onto(range), await this.#imagings.from(range)];
      return withClaims(page, await claimsOn(range), { onto, from });
    });
  }
}

/** The drives of a page. */
const drivesOn = (...[db, param]: Parameters<BuildQuery<Range, unknown>>) =>
  db
    .selectFrom("drives")
    .where("drives.user", "=", param("owner"))
    .where("drives.serial", ">=", param("first"))
    .where("drives.serial", "<=", param("last"));

const changeQuery = (store: Store) =>
  store.query<{ drive: string }, { action: string }>((db, param) =>
    db
      .selectFrom("operations")
      .select("action")
      .where("object", "=", param("drive"))
      .where("action", "in", CHANGING),
  );

const driveQueries = (store: Store) => ({
  byUuid: store.query<{ uuid: string }, KeptRow>((db, param) =>
    db.selectFrom("drives").select(COLUMNS).where("uuid", "=", param("uuid")).where("phase", "=", "ready"),
  ),
  page: store.query<PageParams, KeptRow & { serial: number }>((db, param) =>
    db
      .selectFrom("drives")
      .select([...COLUMNS, "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "=", "ready")
      .orderBy("serial")
      .limit(param("most")),
  ),
  revisions: store.query<PageParams, Revision & { serial: number }>((db, param) =>
    db
      .selectFrom("drives")
      .select(["uuid", "revision", "generation", "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "=", "ready")
      .orderBy("serial")
      .limit(param("most")),
  ),
  list: store.query<PageParams, { uuid: string; serial: number }>((db, param) =>
    db
      .selectFrom("drives")
      .select(["uuid", "serial"])
      .where("user", "=", param("user"))
      .where("serial", ">", param("after"))
      .where("phase", "=", "ready")
      .orderBy("serial")
      .limit(param("most")),
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
  onPage: store.query<Range, ClaimRow>((db, param) =>
    drivesOn(db, param)
      .innerJoin("claims", "claims.drive", "drives.uuid")
      .select(["claims.drive", "claims.server"]),
  ),
  /** Who uses a standard image is nobody's to know but of their own servers. */
  ownOnPage: store.query<Range, ClaimRow>((db, param) =>
    drivesOn(db, param)
      .innerJoin("claims", "claims.drive", "drives.uuid")
      .innerJoin("servers", "servers.uuid", "claims.server")
      .select(["claims.drive", "claims.server"])
      .where("servers.user", "=", param("asker")),
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
  /** Those onto the drives of a page. */
  onto: store.query<Range, ImagingRow>((db, param) =>
    drivesOn(db, param)
      .innerJoin("imagings", "imagings.target", "drives.uuid")
      .select(["target", "source", "state", "error", "drives.user"]),
  ),
  /** Those that the asker asked for from the drives of a page: no answer tells them of others. */
  from: store.query<Range, ImagingRow>((db, param) =>
    drivesOn(db, param)
      .innerJoin("imagings", "imagings.source", "drives.uuid")
      .innerJoin("drives as targets", "targets.uuid", "imagings.target")
      .select(["target", "source", "imagings.state", "error", "targets.user"])
      .where("targets.user", "=", param("asker")),
  ),
});

function withClaims(
  page: readonly OnPage[],
  claims: readonly ClaimRow[],
  imagings: { readonly onto: readonly ImagingRow[]; readonly from: readonly ImagingRow[] },
): (Drive | UnreadableDrive)[] {
  const byDrive = Map.groupBy(claims, ({ drive }) => drive);
  const onto = Map.groupBy(imagings.onto, ({ target }) => target);
  const from = Map.groupBy(imagings.from, ({ source }) => source);
  return page.map(({ object: drive }) => {
    const { uuid } = drive;
    const itsImagings = [...(onto.get(uuid) ?? []), ...(from.get(uuid) ?? [])];
    return "unreadable" in drive ? drive : asFound(drive, byDrive.get(uuid) ?? [], itsImagings);
  });
}

/** The drive with what is beside its row; itself where there is nothing. */
function asFound(
  drive: Drive,
  claims: readonly Pick<ClaimRow, "server">[],
  imagings: readonly ImagingRow[],
): Drive {
  if (claims.length === 0 && imagings.length === 0) return drive;
  return { ...drive, ...imagedOf(drive.uuid, imagings), claimed: claims.map(({ server }) => server) };
}
