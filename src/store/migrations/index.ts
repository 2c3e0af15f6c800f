/** The migrations, in order; each is applied once and never changed after a release. */
import type { Migration } from "kysely/migration";
import { initial } from "./0001-initial.ts";
import { imagings } from "./0002-imagings.ts";
import { images } from "./0003-images.ts";
import { resources } from "./0004-resources.ts";
import { operations } from "./0005-operations.ts";
import { lists } from "./0006-lists.ts";
import type { Engine } from "./serial.ts";

export const migrations = (engine: Engine): Record<string, Migration> => ({
  "0001_initial": initial(engine),
  "0002_imagings": imagings(engine),
  "0003_images": images,
  "0004_resources": resources(engine),
  "0005_operations": operations,
  "0006_lists": lists,
});
