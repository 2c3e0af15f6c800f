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
  readonly severalLines?: true;
  readonly writeOnly?: true;
  readonly refers?: string;
  readonly settable: readonly string[];
  readonly family?: string;
  readonly members?: readonly string[];
  readonly group?: string;
  readonly rank: number;
};

export type Field = Described & {
  readonly key: string;
  /** What the key means, without what it takes. */
  readonly help: string;
  readonly isRequired: boolean;
};

/** Keys of one kind of row, of which there can be several, such as a device with its drive and its medium. */
export type Family = {
  /** Such as `ide:BUS:UNIT`, or `user:*` of which a row may be called anything. */
  readonly family: string;
  /** What its rows may be called; undefined where that is anything. */
  readonly members: readonly string[] | undefined;
  /** By what a row's key ends with, such as `:media`; empty for the row's own key. */
  readonly fields: readonly (Field & { readonly suffix: string })[];
};

type Property = { readonly title?: string; readonly description?: string; readonly "x-lodge"?: Described };

export type Schema = {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly patternProperties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
};

export type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<"get" | "post", Operation>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

type Content = Readonly<Record<string, { readonly schema?: { readonly $ref?: string } }>>;

export type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly "x-role"?: string;
  readonly "x-lodge"?: { readonly offered: boolean };
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly example?: string;
    readonly schema?: { readonly enum?: readonly string[] };
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

export const openApiQuery = queryOptions({
  queryKey: ["openapi"],
  queryFn: ({ signal }) => read<OpenApi>("openapi.json", signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Whether this cloud's operator has a command done; as long as that is not known, it is taken for so. */
export const isOfferedQuery = (path: string) => ({
  ...openApiQuery,
  select: ({ paths }: OpenApi) => paths[path]?.post?.["x-lodge"]?.offered !== false,
});

/** The fields of what a schema names, such as `ServerSet`, in order; families of keys are left to forms of their own. */
export const fieldsQuery = (schema: string) => ({
  ...openApiQuery,
  select: ({ components }: OpenApi) => fieldsOf(components.schemas[schema] ?? {}),
});

/** All fields of what a schema names, families too. */
export const wholeFormQuery = (schema: string) => ({
  ...openApiQuery,
  select: ({ components }: OpenApi) => wholeFormOf(components.schemas[schema] ?? {}),
});

export type WholeForm = { readonly fields: readonly Field[]; readonly families: readonly Family[] };

export const wholeFormOf = (schema: Schema): WholeForm => ({
  fields: fieldsOf(schema),
  families: familiesOf(schema),
});

function fieldsOf({ properties = {}, required = [] }: Schema): readonly Field[] {
  return Object.entries(properties)
    .flatMap(([key, property]) => {
      const { description = "", "x-lodge": described } = property;
      if (described === undefined || described.family !== undefined) return [];
      if (description.startsWith("the same as ")) return [];
      return [fieldOf(key, property, described, required.includes(key))];
    })
    .sort((one, other) => one.rank - other.rank);
}

function fieldOf(
  key: string,
  { description = "" }: Property,
  described: Described,
  isRequired: boolean,
): Field {
  const [help = ""] = description.split("; takes ", 1);
  return { ...described, key, help, isRequired };
}

function familiesOf({ patternProperties = {} }: Schema): readonly Family[] {
  const families = new Map<string, Family>();
  for (const property of Object.values(patternProperties)) {
    const { title = "", "x-lodge": described } = property;
    if (described?.family === undefined) continue;
    const { family, members } = described;
    const suffix = members === undefined ? "" : title.slice(title.lastIndexOf("]") + 1);
    const field = { ...fieldOf(title, property, described, false), suffix };
    const before = families.get(family)?.fields ?? [];
    families.set(family, { family, members, fields: [...before, field] });
  }
  return [...families.values()];
}
