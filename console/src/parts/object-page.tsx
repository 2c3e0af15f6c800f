/** The page of one object: what it is once it is read, and until then, or where it cannot be, what hinders it. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { isStatus } from "../api/errors.ts";
import { text as words } from "../app/text.ts";
import { Failure, PageHead, Waiting } from "./page.tsx";

type Props<Found> = {
  readonly query: Pick<UseQueryResult<Found>, "data" | "error" | "refetch">;
  /** What the page is called while the object is not known. */
  readonly title: string;
  /** The way back. */
  readonly above: ReactNode;
  readonly children: (found: Found) => ReactNode;
};

/** One that was read and cannot be read again is shown as it was, unless it is gone. */
export function ObjectPage<Found>({ query: { data, error, refetch }, title, above, children }: Props<Found>) {
  if (error !== null && (data === undefined || isStatus(error, 404))) {
    return (
      <>
        <PageHead title={isStatus(error, 404) ? words.gone : title} above={above} />
        <Failure error={error} onRetry={() => void refetch()} />
      </>
    );
  }
  if (data !== undefined) return children(data);
  return (
    <>
      <PageHead title={title} above={above} />
      <Waiting />
    </>
  );
}
