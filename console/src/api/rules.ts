/** What can be done now, and why not: the API's own rules, of which its refusals are made too. */
export { driveCan, driveStateOf } from "../../../src/drives/can.ts";
export { serverCan, serverStateOf, settableNow } from "../../../src/servers/can.ts";
