/** The commands on resources: one entry for each row of the specification. */
import type { Declared, Request } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import type { Properties } from "../api/properties.ts";
import { mapPages } from "../base/pages.ts";
import { repeatOf } from "../operations/idempotency.ts";
import { resourceAnswer, unreadableAnswer } from "./answer.ts";
import { RESOURCE_ERRORS } from "./command-errors.ts";
import { RESOURCE_EXAMPLES } from "./examples.ts";
import { RESOURCE_KEYS } from "./keys.ts";
import { createResource, destroyResource, type ResourceDependencies, setResource } from "./lifecycle.ts";
import type { ResourceRecords } from "./records.ts";
import { type ResourceId, resourceIdOf, typeWord } from "./resource.ts";

export type ResourceCommandDependencies = ResourceDependencies & { readonly records: ResourceRecords };
type Dependencies = ResourceCommandDependencies;

export const RESOURCE_COMMANDS: readonly Declared<Dependencies>[] = [
  {
    path: "resources[/TYPE]/list",
    summary: "List all resources",
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: ["type", "resource"].flatMap((key) => RESOURCE_KEYS.named(key)),
    errors: RESOURCE_ERRORS.list,
    example: RESOURCE_EXAMPLES.list,
    async run({ records }, { params, caller }) {
      const type = params.TYPE === undefined ? null : typeWord(params);
      return mapPages(records.listedOf(caller.user, type), (page) =>
        page.map(({ type, resource }) => [
          ["type", type],
          ["resource", resource],
        ]),
      );
    },
  },
  {
    path: "resources/TYPE/RESOURCE/info",
    summary: "Get single resource info",
    effect: "reads",
    takes: "nothing",
    returns: "properties",
    answers: RESOURCE_KEYS.keys,
    errors: RESOURCE_ERRORS.info,
    example: RESOURCE_EXAMPLES.info,
    run: async (dependencies, request) => info(dependencies, request, resourceIdOf(request.params)),
  },
  {
    path: "resources/info",
    summary: "Get all resources info",
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: RESOURCE_KEYS.keys,
    errors: RESOURCE_ERRORS.infoOfAll,
    example: RESOURCE_EXAMPLES.infoOfAll,
    async run({ records }, { caller }) {
      const pools = await records.pools();
      return mapPages(records.ofUser(caller.user), (page) =>
        page.map((resource) =>
          "unreadable" in resource ? unreadableAnswer(resource) : resourceAnswer(resource, pools),
        ),
      );
    },
  },
  {
    path: "resources/TYPE/create",
    creates: true,
    summary: "Create a resource",
    effect: "changes",
    takes: "properties",
    keys: RESOURCE_KEYS.toCreate,
    returns: "properties",
    answers: RESOURCE_KEYS.keys,
    errors: RESOURCE_ERRORS.create,
    example: RESOURCE_EXAMPLES.create,
    async run(dependencies, request) {
      const type = typeWord(request.params);
      const changes = readInput(RESOURCE_KEYS, request.input, "create");
      const { caller, input, idempotencyKey } = request;
      const repeat = repeatOf(caller.user, idempotencyKey, `resources/${type}/create`, input);
      return info(
        dependencies,
        request,
        await createResource(dependencies, caller.user, type, changes, repeat),
      );
    },
  },
  {
    path: "resources/TYPE/RESOURCE/set",
    summary: "Set extra resource data",
    effect: "changes",
    takes: "properties",
    keys: RESOURCE_KEYS.toSet,
    returns: "properties",
    answers: RESOURCE_KEYS.keys,
    errors: RESOURCE_ERRORS.set,
    example: RESOURCE_EXAMPLES.set,
    async run(dependencies, request) {
      const id = resourceIdOf(request.params);
      await dependencies.records.own(id, request.caller.user);
      const changes = readInput(RESOURCE_KEYS, request.input, "stopped");
      await setResource(dependencies, request.caller.user, id, changes);
      return info(dependencies, request, id);
    },
  },
  {
    path: "resources/TYPE/RESOURCE/destroy",
    summary: "Destroy a resource",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: RESOURCE_ERRORS.destroy,
    example: RESOURCE_EXAMPLES.act,
    run: (dependencies, { params, caller }) =>
      destroyResource(dependencies, caller.user, resourceIdOf(params)),
  },
];

async function info({ records }: Dependencies, { caller }: Request, id: ResourceId): Promise<Properties> {
  return resourceAnswer(await records.own(id, caller.user), await records.pools());
}
