export const text = {
  title: "Overview",
  server: {
    dead: "is dead: its guest runs no more. Reset or stop it.",
    paused: "is paused.",
    dumped: "has its memory written out.",
  } as Readonly<Record<string, string>>,
  imagingFailed: "could not be imaged:",
  limitNear: (what: string) =>
    `You use nearly all that you may have of ${what.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}.`,
  more: (count: number) => `And ${count} more.`,
  running: (running: string, all: string) => `${running} of ${all} running`,
  use: "Use",
  allUse: "Use against limits",
  first: "Welcome to Lodge",
  firstHint:
    "Your cloud is ready, and empty. Make a server of a standard image, or upload an image of a disk of yours.",
  createServer: "Create a server",
  upload: "Upload an image",
  servers: "Servers",
  drives: "Drives",
  allServers: "All servers",
  noServers: "There are none yet.",
} as const;
