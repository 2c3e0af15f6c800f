/** What forms choose from. */
import { useQuery } from "@tanstack/react-query";
import { called, type Drive } from "../api/objects.ts";
import { drivesQuery, resourcesQuery, serversQuery } from "../api/queries.ts";
import type { Choices } from "../parts/key-field.tsx";

/** The objects that a server's keys refer to, by their names. */
export function useChoices(): Choices {
  const { data: drives = [] } = useQuery(drivesQuery);
  const { data: servers = [] } = useQuery(serversQuery);
  const { data: resources = [] } = useQuery(resourcesQuery);
  const resourcesOf = (kind: string) =>
    resources
      .filter(({ type }) => type === kind)
      .map(({ resource, name }) => ({ value: resource, label: called(name, resource) }));
  return {
    drive: driveChoices(drives),
    server: servers.map(({ server, name }) => ({ value: server, label: called(name, server) })),
    ip: resourcesOf("ip"),
    vlan: resourcesOf("vlan"),
  };
}

export const driveChoices = (drives: readonly Drive[]) =>
  drives.map(({ drive, name }) => ({ value: drive, label: called(name, drive) }));
