/**
 * The stream of changes of a tab. One that nobody sees has none, and reads all anew when it is seen: so a browser's few connections to
 * a host are left to what is shown, however many tabs there are, and no tab depends on another.
 */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { actingFor } from "../api/acting.ts";
import { live } from "../api/live.ts";
import { profileQuery } from "../api/queries.ts";
import { type Changed, type Kind, Stale } from "./stale.ts";

const KINDS: readonly Kind[] = ["created", "status", "changed", "destroyed"];
/** How soon it is tried again where the cloud refused; a connection that was lost the browser tries itself. */
const AGAIN_MS = 30_000;
/** What was read no longer ago than this, as the stream begins, is as good as read then. */
const FRESH_MS = 2_000;

class Changes {
  readonly #client: QueryClient;
  readonly #stale: Stale;
  #source: EventSource | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;
  /** What was read by then is read anew as the stream begins: of a page that opens not what it just read, later all. */
  #readByMs = Date.now() - FRESH_MS;

  constructor(client: QueryClient) {
    this.#client = client;
    this.#stale = new Stale(client);
  }

  /** Begins to follow while the tab is seen, and no longer than that. In another's place it asks: a stream cannot say in whose. */
  readonly look = () => {
    if (document.hidden || actingFor() !== null) this.close();
    else this.#open();
  };

  close(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
    this.#readByMs = Number.POSITIVE_INFINITY;
    live.set(false);
  }

  #open(): void {
    if (this.#source !== null) return;
    const source = new EventSource("/profile/changes");
    this.#source = source;
    source.addEventListener("open", () => live.set(true));
    source.addEventListener("error", () => {
      live.set(false);
      this.#readByMs = Number.POSITIVE_INFINITY;
      // Whoever was logged out elsewhere is told at once, and so is whoever does not reach the cloud any more.
      void this.#client.invalidateQueries({ queryKey: profileQuery.queryKey, exact: true });
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      this.close();
      this.#again = setTimeout(this.look, AGAIN_MS);
    });
    source.addEventListener("reset", () => this.#stale.all(this.#readByMs));
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data }: MessageEvent<string>) =>
        this.#stale.note(kind, JSON.parse(data) as Changed),
      );
    }
  }
}

/** Has what is shown be read again as it changes, for as long as the part is there that uses this. */
export function useChanges(): void {
  const client = useQueryClient();
  useEffect(() => {
    const changes = new Changes(client);
    changes.look();
    document.addEventListener("visibilitychange", changes.look);
    return () => {
      document.removeEventListener("visibilitychange", changes.look);
      changes.close();
    };
  }, [client]);
}
