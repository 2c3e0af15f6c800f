/** The systems that the cloud makes standard images of by itself: each has one image, which is made again once it was removed. */
import type { Description } from "./row.ts";

export const SYSTEM_NAMES = ["sample", "debian-12"] as const;

export type SystemName = (typeof SYSTEM_NAMES)[number];

export const SYSTEMS: Readonly<Record<SystemName, Description>> = {
  sample: {
    uuid: "41bf7c6c-396e-4dcf-bbe0-a6123bdf670a",
    name: "Sample system",
    media: "disk",
    format: null,
  },
  "debian-12": {
    uuid: "048c6e32-5e75-4f82-846f-e63b215718b0",
    name: "Debian Linux 12",
    media: "disk",
    format: "gzip",
  },
};

/** Which of them the image is of; null where it is of none. */
export const systemOf = (image: string): SystemName | null =>
  SYSTEM_NAMES.find((name) => SYSTEMS[name].uuid === image) ?? null;
