/** Which commands only read, as the API describes them: those that answer GET. */
import { type OpenApi, openApiQuery } from "../api/fields.ts";

const readsIn = ({ paths }: OpenApi): ReadonlySet<string> =>
  new Set(
    Object.entries(paths)
      .filter(([, methods]) => "get" in methods)
      .map(([path]) => path.replaceAll(/^\/|[{}]/g, "")),
  );

export const readsQuery = { ...openApiQuery, select: readsIn };

/** The path of a command, as events have it, without what may be left out of it. */
export const shortest = (command: string) => command.replaceAll(/\[[^\]]*\]/g, "");
