/**
 * The rooms of the code and which of them each may import from, besides its own files: the map that ARCHITECTURE.md
 * describes. A file belongs to the room with the longest path that it starts with. Tests may import anything.
 */

/** What is known above a host of what it is. */
const HOST_FACE = ["src/host/host.ts", "src/host/errors.ts"] as const;

export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "src/base": [],
  "src/api": ["src/base"],
  "src/console": ["src/base"],
  "src/http": ["src/http/body", "src/http/formats", "src/http/openapi", "src/console", "src/api", "src/base"],
  "src/http/body": ["src/http/formats", "src/api", "src/base"],
  "src/http/formats": ["src/api", "src/base"],
  "src/http/openapi": ["src/http/formats", "src/api", "src/base"],
  "src/store": ["src/base"],
  "src/audit": ["src/store", "src/api", "src/base"],
  "src/hosts": ["src/audit", "src/store", "src/host/host.ts", "src/base"],
  "src/placement": ["src/store", "src/base"],
  "src/operations": ["src/audit", "src/store", ...HOST_FACE, "src/base"],
  "src/accounts": [
    ...["src/drives", "src/servers", "src/limits", "src/operations", "src/audit"],
    ...["src/store", "src/api", "src/base"],
  ],
  "src/limits": ["src/store", "src/base"],
  "src/drives": [
    ...["src/audit", "src/hosts", "src/limits", "src/operations", "src/placement"],
    ...[...HOST_FACE, "src/store", "src/api", "src/base"],
  ],
  "src/resources": [
    ...["src/hosts", "src/limits", "src/operations"],
    ...[...HOST_FACE, "src/store", "src/api", "src/base"],
  ],
  "src/servers": [
    ...["src/drives", "src/resources", "src/audit", "src/hosts", "src/limits", "src/operations"],
    ...["src/placement", ...HOST_FACE, "src/store", "src/api", "src/base"],
  ],
  "src/images": [
    ...["src/drives", "src/hosts", "src/placement", "src/host/volumes/face.ts", "src/host/process"],
    ...["src/host/host.ts", "src/store", "src/api", "src/base"],
  ],
  "src/host/host.ts": [],
  "src/host/errors.ts": ["src/host/host.ts", "src/base"],
  "src/host/changes.ts": ["src/host/host.ts"],
  "src/host/events-log.ts": [],
  "src/host/trace.ts": [],
  "src/host/attachment.ts": ["src/host/wire", "src/host/host.ts"],
  "src/host/guest-network.ts": ["src/host/host.ts"],
  "src/host/wire": ["src/base"],
  "src/host/process": ["src/base"],
  "src/host/quota": ["src/base"],
  "src/host/network": [
    ...["src/host/process", "src/host/guest-network.ts", "src/host/trace.ts", ...HOST_FACE, "src/base"],
  ],
  "src/host/volumes": [
    ...["src/host/wire", "src/host/process", "src/host/quota", "src/host/attachment.ts"],
    ...[...HOST_FACE, "src/base"],
  ],
  "src/host/volumes/face.ts": ["src/host/volumes"],
  "src/host/qemu": [
    ...["src/host/qemu/vnc", "src/host/wire", "src/host/process", "src/host/quota", "src/host/attachment.ts"],
    ...["src/host/events-log.ts", "src/host/guest-network.ts", ...HOST_FACE, "src/base"],
  ],
  "src/host/qemu/vnc": ["src/host/wire", "src/host/guest-network.ts", "src/base"],
  "src/host": [
    ...["src/host/network", "src/host/qemu", "src/host/quota", "src/host/volumes", "src/host/process"],
    ...["src/host/changes.ts", "src/host/events-log.ts", "src/host/guest-network.ts", "src/host/host.ts"],
    ...["src/host/trace.ts", "src/base"],
  ],
  "src/master-key.ts": ["src/base"],
  "src/home.ts": ["src/master-key.ts", "src/base"],
  "src/home-modes.ts": ["src/home.ts", "src/base"],
  "src/identity-lock.ts": ["src/base"],
  "src/rekey.ts": ["src/drives", "src/home.ts", "src/master-key.ts", "src/store", "src/base"],
  "src/settings.ts": ["src/audit", "src/host/network", "src/limits", "src/store", "src/base"],
  "src/service": ["src/host/process", "src/base"],
  "src/cli/terminal": [],
  "src/cli/client": ["src/cli/terminal", "src/base"],
  "src/cli/lodge": [
    ...["src/accounts", "src/images", "src/limits", "src/resources", "src/servers", "src/operator"],
    ...[
      "src/cli/client",
      "src/cli/terminal",
      "src/cloud.ts",
      "src/commands.ts",
      "src/home.ts",
      "src/identity-lock.ts",
    ],
    ...["src/drives", "src/hosts", "src/master-key.ts", "src/rekey.ts", "src/service", "src/settings.ts"],
    ...["src/host/network", "src/host/qemu", "src/host/qemu/vnc", "src/host/quota", "src/host/process"],
    ...["src/host", "src/host/trace.ts"],
    ...["src/store", "src/api", "src/base", "systems"],
  ],
  "src/metrics": [
    ...["src/http", "src/hosts", "src/operations", "src/placement", "src/host/host.ts", "src/store"],
    "src/base",
  ],
  "src/version.ts": [],
  "src/operator": [
    ...["src/drives", "src/resources", "src/servers", "src/hosts", "src/operations", "src/placement"],
    ...["src/host/errors.ts", "src/store", "src/identity-lock.ts", "src/base"],
  ],
  "src/commands.ts": ["src/accounts", "src/audit", "src/drives", "src/resources", "src/servers", "src/api"],
  "src/cloud.ts": [
    ...[
      "src/accounts",
      "src/audit",
      "src/drives",
      "src/resources",
      "src/servers",
      "src/hosts",
      "src/limits",
      "src/operations",
    ],
    ...["src/home.ts", "src/identity-lock.ts", "src/rekey.ts", "src/host", "src/store", "src/base"],
  ],
  "src/observation.ts": [
    ...["src/metrics", "src/operator", "src/http", "src/hosts", "src/cloud.ts", "src/home.ts"],
    ...["src/version.ts", "src/base"],
  ],
  "src/main.ts": ["src"],
  systems: [],
  testing: ["src"],
  bench: ["src", "testing"],
  scripts: ["src", "systems", "test"],
  test: ["src", "testing"],
};
