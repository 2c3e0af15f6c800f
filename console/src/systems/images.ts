/** The standard images as an admin has them, those that are being built too. */
import { queryOptions } from "@tanstack/react-query";
import { read } from "../api/client.ts";
import type { Drive } from "../api/objects.ts";

export type Image = Readonly<Record<string, Drive[string]>> & {
  readonly image: string;
  readonly status: string;
  /** Of one that the cloud builds by itself: which one. */
  readonly system?: string;
};

/** Each time it is read is in the audit trail. */
const SELDOM_MS = 30_000;
const SOON_MS = 5_000;

export const imagesQuery = queryOptions({
  queryKey: ["cloud", "images"],
  queryFn: ({ signal }) => read<readonly Image[]>("images/info", signal),
  refetchInterval: ({ state }) =>
    state.data?.some(({ status }) => status === "importing") === true ? SOON_MS : SELDOM_MS,
});
