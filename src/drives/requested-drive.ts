/** What the commands on drives work with, and the drive that a request is about. */
import type { Request } from "../api/command.ts";
import type { IoCounters } from "../host/host.ts";
import type { DriveCounters } from "./counters.ts";
import type { DriveDependencies } from "./dependencies.ts";
import { type Drive, driveWord } from "./drive.ts";
import type { DriveRecords } from "./records.ts";

export type DriveCommandDependencies = DriveDependencies & {
  readonly records: DriveRecords;
  readonly counters: Pick<DriveCounters, "add" | "pending">;
  /** What the servers that claim the drive have read and written since they started. */
  readonly guestIo: (drive: Drive) => Promise<IoCounters>;
};

export const ownDrive = ({ records }: DriveCommandDependencies, { params, caller }: Request) =>
  records.own(driveWord(params.DRIVE), caller.user);

/** Also one whose row is damaged. */
export const locatedDrive = ({ records }: DriveCommandDependencies, { params, caller }: Request) =>
  records.locate(driveWord(params.DRIVE), caller.user);

export const readableDrive = ({ records }: DriveCommandDependencies, { params, caller }: Request) =>
  records.readable(driveWord(params.DRIVE), caller.user);
