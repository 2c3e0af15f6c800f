/** The status of an object, by a word and a shape; its colour says nothing more. */
import classes from "./status.module.css";

const KINDS: Readonly<Record<string, "good" | "idle" | "busy" | "bad">> = {
  active: "good",
  stopped: "idle",
  inactive: "idle",
  paused: "busy",
  dumped: "busy",
  imaging: "busy",
  queued: "busy",
  dead: "bad",
  failed: "bad",
  suspended: "bad",
};

/** @param kind of which status it looks like, where it is told by another word */
export const Status = ({ status, kind = status }: { status: string; kind?: string }) => (
  <span className={classes.status} data-kind={KINDS[kind] ?? "idle"}>
    <span className={classes.mark} aria-hidden="true" />
    {status}
  </span>
);
