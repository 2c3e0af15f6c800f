/** The fields of a form, as `openapi.json` describes the keys that a command takes. */
import { queryOptions } from "@tanstack/react-query";
import { read } from "./client.ts";

/** `x-lodge` of a key. */
type Described = {
  readonly unit?: string;
  readonly least?: number;
  readonly most?: number;
  readonly default?: string;
  readonly choices?: readonly string[];
  readonly several?: true;
  readonly refers?: string;
  readonly settable: readonly string[];
  readonly family?: string;
  readonly group?: string;
  readonly rank: number;
};

export type Field = Described & {
  readonly key: string;
  /** What the key means, without what it takes. */
  readonly help: string;
  readonly isRequired: boolean;
};

type Property = { readonly description?: string; readonly "x-lodge"?: Described };
type Schema = {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
};
export type OpenApi = {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  /** By their templates, and below that by their methods in small letters. */
  readonly paths: Readonly<Record<string, object>>;
};

export const openApiQuery = queryOptions({
  queryKey: ["openapi"],
  queryFn: ({ signal }) => read<OpenApi>("openapi.json", signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The fields of what a schema names, such as `ServerSet`, in order; families of keys are left to forms of their own. */
export const fieldsQuery = (schema: string) => ({
  ...openApiQuery,
  select: ({ components }: OpenApi) => fieldsOf(components.schemas[schema] ?? {}),
});

function fieldsOf({ properties = {}, required = [] }: Schema): readonly Field[] {
  return Object.entries(properties)
    .flatMap(([key, { description = "", "x-lodge": described }]) => {
      if (described === undefined || described.family !== undefined) return [];
      if (description.startsWith("the same as ")) return [];
      const [help = ""] = description.split("; takes ", 1);
      return [{ ...described, key, help, isRequired: required.includes(key) }];
    })
    .sort((one, other) => one.rank - other.rank);
}
