/** All planted bugs. */
import type { Mutant } from "../mutant.ts";
import { ACCOUNTS } from "./accounts.ts";
import { ACCOUNTS_REST } from "./accounts-rest.ts";
import { BILLED } from "./billing.ts";
import { BOUNDS } from "./bounds.ts";
import { BOXES } from "./boxes.ts";
import { BYTES } from "./bytes.ts";
import { CAGED } from "./cages.ts";
import { CLOUD_ITSELF } from "./cloud.ts";
import { COMMAND_LINE } from "./command-line.ts";
import { COMMANDS_PAGE } from "./commands-page.ts";
import { COMPLETED } from "./completion.ts";
import { CONFINEMENT } from "./confinement.ts";
import { CONSOLE } from "./console.ts";
import { DATA } from "./data.ts";
import { DAYS } from "./days.ts";
import { DOWNLOADS } from "./downloads.ts";
import { DRAINS } from "./drain.ts";
import { EDGES } from "./edges.ts";
import { FACES } from "./face.ts";
import { FAIRNESS } from "./fairness.ts";
import { FUNDS } from "./funds.ts";
import { FUZZED } from "./fuzz.ts";
import { GUESTS } from "./guests.ts";
import { HOST } from "./host.ts";
import { HOSTILE } from "./hostile.ts";
import { INTEGRATED } from "./integrations.ts";
import { LAUNCHERS_THAT_WAIT } from "./launchers.ts";
import { LIMITS } from "./limits.ts";
import { LIVE } from "./live.ts";
import { METERING } from "./metering.ts";
import { MODELLED_MONEY } from "./money-model.ts";
import { MONEY_REST } from "./money-rest.ts";
import { MONITORING } from "./monitoring.ts";
import { NETWORK } from "./network.ts";
import { OBJECTS } from "./objects.ts";
import { OPERATIONS } from "./operations.ts";
import { POSTGRES } from "./postgres.ts";
import { POWERS } from "./power.ts";
import { PROCESSES } from "./processes.ts";
import { QUICK_RUNS } from "./quick-runs.ts";
import { QUICK_START } from "./quick-start.ts";
import { REAL_DAYS } from "./real-days.ts";
import { AT_REST } from "./rest.ts";
import { RULES } from "./rules.ts";
import { SAMPLED } from "./samples.ts";
import { SANDBOXES } from "./sandboxes.ts";
import { SEEDS } from "./seeds.ts";
import { SERIALS } from "./serial.ts";
import { SERVICES } from "./service.ts";
import { SIMULATED } from "./simulation.ts";
import { SPEED } from "./speed.ts";
import { STARTS } from "./start.ts";
import { STORE } from "./store.ts";
import { TESTS } from "./tests.ts";
import { TOOLS } from "./tools.ts";
import { TRANSFERS } from "./transfers.ts";
import { UPLINK } from "./uplink.ts";
import { WAYS } from "./ways.ts";
import { WEBHOOKS } from "./webhooks.ts";
import { WIRE } from "./wire.ts";
import { WORDS } from "./words.ts";

export const MUTANTS: readonly Mutant[] = [
  ...DOWNLOADS,
  ...ACCOUNTS,
  ...ACCOUNTS_REST,
  ...BILLED,
  ...AT_REST,
  ...BOUNDS,
  ...BOXES,
  ...BYTES,
  ...CAGED,
  ...CLOUD_ITSELF,
  ...COMMAND_LINE,
  ...COMPLETED,
  ...CONFINEMENT,
  ...DATA,
  ...DAYS,
  ...DRAINS,
  ...EDGES,
  ...FACES,
  ...COMMANDS_PAGE,
  ...CONSOLE,
  ...FAIRNESS,
  ...FUNDS,
  ...FUZZED,
  ...GUESTS,
  ...HOST,
  ...HOSTILE,
  ...INTEGRATED,
  ...LAUNCHERS_THAT_WAIT,
  ...LIMITS,
  ...LIVE,
  ...METERING,
  ...MODELLED_MONEY,
  ...MONEY_REST,
  ...MONITORING,
  ...NETWORK,
  ...OBJECTS,
  ...OPERATIONS,
  ...POSTGRES,
  ...POWERS,
  ...PROCESSES,
  ...QUICK_RUNS,
  ...QUICK_START,
  ...REAL_DAYS,
  ...RULES,
  ...SAMPLED,
  ...SANDBOXES,
  ...SEEDS,
  ...SERIALS,
  ...SERVICES,
  ...SIMULATED,
  ...SPEED,
  ...STARTS,
  ...STORE,
  ...TESTS,
  ...TOOLS,
  ...TRANSFERS,
  ...UPLINK,
  ...WAYS,
  ...WEBHOOKS,
  ...WIRE,
  ...WORDS,
];
