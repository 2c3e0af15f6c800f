/** The specification's tables about resources. */
import type { Chapter, Shown } from "./row.ts";

const OWN: Shown = { name: [], tags: [], "user:*": [] };

export const RESOURCES: Chapter = {
  title: "Resources",
  tables: [
    { title: "List all resources", command: "resources[/TYPE]/list", row: [] },
    {
      title: "Get single resource info",
      command: "resources/TYPE/RESOURCE/info",
      row: [],
      answers: {
        name: [],
        type: [],
        resource: [],
        user: [],
        netmask: [],
        gateway: [],
        nameserver: [],
        tags: [],
        "user:*": [],
      },
    },
    { title: "Get all resources info", command: "resources/info", row: [] },
    { title: "Create a resource", command: "resources/TYPE/create", row: [], takes: OWN },
    { title: "Set extra resource data", command: "resources/TYPE/RESOURCE/set", row: [], takes: OWN },
    { title: "Destroy a resource", command: "resources/TYPE/RESOURCE/destroy", row: [] },
  ],
};
