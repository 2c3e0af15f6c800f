/** Planted bugs in the modules of billing programs. */
import type { Mutant } from "../mutant.ts";

const WHMCS = "test/integrations/whmcs.test.ts";
const FOSSBILLING = "test/integrations/fossbilling.test.ts";
const CLIENT = "integrations/php/LodgeClient.php";
const SERVICE = "integrations/whmcs/modules/servers/lodge/Service.php";
const USAGE = "integrations/whmcs/modules/servers/lodge/Usage.php";
const MANAGER = "integrations/fossbilling/library/Server/Manager/Lodge.php";

export const INTEGRATED: readonly Mutant[] = [
  {
    name: "a create whose answer is lost makes two accounts",
    file: CLIENT,
    find: '["Idempotency-Key: $once"]',
    replace: "[]",
    tests: [FOSSBILLING],
  },
  {
    name: "a certificate that nobody vouches for is taken by a module",
    file: CLIENT,
    find: "CURLOPT_SSL_VERIFYPEER => true",
    replace: "CURLOPT_SSL_VERIFYPEER => false",
    tests: [WHMCS],
  },
  {
    name: "a certificate of another name is taken by a module",
    file: CLIENT,
    find: "CURLOPT_SSL_VERIFYHOST => 2",
    replace: "CURLOPT_SSL_VERIFYHOST => 0",
    tests: [WHMCS],
  },
  {
    name: "a module sends its key in the clear to another machine",
    file: CLIENT,
    find: "if (!$secure && ",
    replace: "if (!$secure && $host === '' && ",
    tests: [FOSSBILLING],
  },
  {
    name: "a module goes where an answer leads it",
    file: CLIENT,
    find: "CURLOPT_FOLLOWLOCATION => false",
    replace: "CURLOPT_FOLLOWLOCATION => true",
    tests: [WHMCS],
  },
  {
    name: "what a cloud answers fills PHP's memory",
    file: CLIENT,
    find: "MOST_BYTES = 16 *",
    replace: "MOST_BYTES = 1600 *",
    tests: [WHMCS],
  },
  {
    name: "what a cloud answers is markup of the billing program's page",
    file: CLIENT,
    find: "strtr(self::line($body, self::LONGEST_SENTENCE), '<>', '  ')",
    replace: "self::line($body, self::LONGEST_SENTENCE)",
    tests: [WHMCS],
  },
  {
    name: "what was not answered is not asked again",
    file: CLIENT,
    find: "PAUSES_SECONDS = [1, 3]",
    replace: "PAUSES_SECONDS = []",
    tests: [FOSSBILLING],
  },
  {
    name: "a service that is made again has another account",
    file: SERVICE,
    find: "Client::isUuid($before) && (",
    replace: "!Client::isUuid($before) && (",
    tests: [WHMCS],
  },
  {
    name: "services of two installations share an account",
    file: SERVICE,
    find: "$installation\\n{",
    replace: "{",
    tests: [WHMCS],
  },
  {
    name: "a customer has no key where the answer with it was lost",
    file: SERVICE,
    find: "?: $this->client->createKey($user, 'first key')",
    replace: "?: ''",
    tests: [WHMCS],
  },
  {
    name: "a renewal is credited under the reference of another",
    file: SERVICE,
    find: "$this->mark('credit', $user . $period)",
    replace: "$this->mark('credit', $user)",
    tests: [WHMCS],
  },
  {
    name: "usage is written to the services of another server",
    file: USAGE,
    find: "->where('server', $server)",
    replace: "->whereIn('server', [3, 4])",
    tests: [WHMCS],
  },
  {
    name: "an account that no order has yet may do something",
    file: MANAGER,
    find: "NO_RIGHT = '0'",
    replace: "NO_RIGHT = ''",
    tests: [FOSSBILLING],
  },
  {
    name: "a quota comes before the plan's own limit",
    file: MANAGER,
    find: "if ($own !== null || $resource !== 'disk')",
    replace: "if ($resource !== 'disk')",
    tests: [FOSSBILLING],
  },
];
