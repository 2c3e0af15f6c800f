/**
 * The errors of a store that are not those of the work that was given to it: thrown by the store, and told to callers by
 * whoever answers them.
 */

/** The database could not be asked, or did not answer in time. Nothing was changed. */
export class StoreUnavailable extends Error {
  /** `lost`: the connection is gone, and another may do; `late`: the database answers, but not in time. */
  readonly reason: "lost" | "late";

  constructor(reason: "lost" | "late", message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreUnavailable";
    this.reason = reason;
  }
}

/** The connection was lost after the commit was sent and before it was answered: it may have been made or not. */
export class CommitUnknown extends Error {
  constructor(options: ErrorOptions) {
    super("the database was lost in the middle of a commit: it is not known whether it was made", options);
    this.name = "CommitUnknown";
  }
}

/**
 * The disk of the database is full, or so nearly full that it is kept for what ends and destroys things. Nothing was
 * changed.
 */
export class StoreFull extends Error {
  constructor(options?: ErrorOptions) {
    super("the disk on which the cloud keeps its records is full: nothing was changed", options);
    this.name = "StoreFull";
  }
}
