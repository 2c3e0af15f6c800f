<?php

declare(strict_types=1);

use Lodge\ApiError;
use Lodge\Client;

require_once dirname(__DIR__) . '/LodgeClient.php';

/**
 * Accounts of a Lodge cloud as hosting services. FOSSBilling keeps one thing of a service that a server manager says, the
 * username, and asks for it before the account is made: so the account is made then, without a right to anything, and is its
 * uuid's.
 */
class Server_Manager_Lodge extends Server_Manager
{
    private const NO_RIGHT = '0';

    public static function getForm(): array
    {
        $field = static fn (string $name, string $label, string $hint): array => [
            'name' => $name,
            'type' => 'text',
            'label' => $label,
            'placeholder' => $hint,
            'required' => true,
        ];
        return [
            'label' => 'Lodge',
            'form' => [
                'credentials' => [
                    'fields' => [
                        $field('username', 'Admin', 'The uuid of an account whose role is admin'),
                        $field('accesshash', 'Key', 'The secret of one of its keys') + ['secret' => true],
                    ],
                ],
            ],
        ];
    }

    public static function getSecretFields(): array
    {
        return ['accesshash'];
    }

    public function getLoginUrl(?Server_Account $account = null): string
    {
        throw new Server_Exception('Lodge has no page to log in to: its customers use its API and its tools');
    }

    public function getResellerLoginUrl(?Server_Account $account = null): string
    {
        return $this->getLoginUrl($account);
    }

    public function testConnection(): bool
    {
        return $this->done(static fn (Client $client) => $client->ensureAdmin());
    }

    /** Makes the account that the service is to have; createAccount gives it its rights. Nobody knows a key of it. */
    public function generateUsername(string $domain): string
    {
        $user = '';
        $this->done(static function (Client $client) use ($domain, &$user): void {
            $nothing = Client::limits(static fn (): string => self::NO_RIGHT);
            $name = 'FOSSBilling: ' . Client::line($domain, 200);
            $user = (string) ($client->create(['name' => $name] + $nothing, 'fossbilling-' . bin2hex(random_bytes(16)))['user'] ?? '');
        });
        return $user;
    }

    public function createAccount(Server_Account $account): bool
    {
        return $this->done(fn (Client $client) => $client->set(
            (string) $account->getUsername(),
            $this->profile($account) + $this->limits($account->getPackage())
        ));
    }

    /** Answers whether it is suspended, and tells the order's log what it has used. */
    public function synchronizeAccount(Server_Account $account): Server_Account
    {
        $found = clone $account;
        $this->done(function (Client $client) use ($account, $found): void {
            $user = (string) $account->getUsername();
            $info = $client->info($user);
            $found->setSuspended(($info['status'] ?? '') !== 'active');
            $this->getLog()->info("Lodge account $user: " . $this->told($info, $client->usage($user)));
        });
        return $found;
    }

    public function suspendAccount(Server_Account $account): bool
    {
        return $this->done(static fn (Client $client) => $client->suspend(
            (string) $account->getUsername(),
            (string) $account->getNote()
        ));
    }

    public function unsuspendAccount(Server_Account $account): bool
    {
        return $this->done(static fn (Client $client) => $client->resume((string) $account->getUsername()));
    }

    public function cancelAccount(Server_Account $account): bool
    {
        return $this->done(static fn (Client $client) => $client->close((string) $account->getUsername()));
    }

    public function changeAccountPackage(Server_Account $account, Server_Package $package): bool
    {
        return $this->done(fn (Client $client) => $client->set((string) $account->getUsername(), $this->limits($package)));
    }

    public function changeAccountPassword(Server_Account $account, string $newPassword): bool
    {
        throw new Server_Exception('An account of Lodge has keys, which the cloud makes, and no password');
    }

    public function changeAccountUsername(Server_Account $account, string $newUsername): bool
    {
        throw new Server_Exception('The username is the uuid of the account, and stays');
    }

    /** The domain is a name that the order has here; the account knows none. */
    public function changeAccountDomain(Server_Account $account, string $newDomain): bool
    {
        return true;
    }

    public function changeAccountIp(Server_Account $account, string $newIp): bool
    {
        throw new Server_Exception('An account of Lodge holds addresses by itself, and has none from here');
    }

    /**
     * @param callable(Client): void $work
     *
     * @throws Server_Exception
     */
    private function done(callable $work): bool
    {
        try {
            $work($this->client());
            return true;
        } catch (ApiError $error) {
            throw new Server_Exception(':error', [':error' => $error->getMessage()]);
        }
    }

    /** @throws ApiError */
    private function client(): Client
    {
        $log = function (string $method, string $path, array $sent, string $outcome): void {
            $this->getLog()->info("Lodge: $method $path: $outcome");
        };
        $port = (int) ($this->_config['port'] ?? 0);
        return new Client(
            (string) ($this->_config['host'] ?: $this->_config['ip']),
            $port > 0 ? $port : null,
            (bool) $this->_config['secure'],
            (string) $this->_config['username'],
            (string) $this->_config['accesshash'],
            $log
        );
    }

    /** @return array<string, string> */
    private function profile(Server_Account $account): array
    {
        $client = $account->getClient();
        $name = $client === null ? '' : (string) ($client->getCompany() ?: $client->getFullName());
        $email = $client === null ? '' : (string) $client->getEmail();
        return ['name' => trim(Client::line($name, 120) . ' (' . Client::line((string) $account->getDomain(), 120) . ')')]
            + ($email === '' ? [] : ['email' => $email]);
    }

    /**
     * The plan's own values of such names as limit:cpu; of disks its quota, in MB, where it has no limit:disk.
     *
     * @return array<string, string>
     */
    private function limits(Server_Package $package): array
    {
        return Client::limits(static function (string $resource) use ($package): ?string {
            $own = $package->getCustomValue("limit:$resource");
            if ($own !== null || $resource !== 'disk') {
                return $own;
            }
            $quota = (int) $package->getQuota();
            return $quota > 0 ? "{$quota}M" : null;
        });
    }

    /**
     * @param array<string, mixed>                     $info
     * @param array<string, array<string, mixed>>|null $usage
     */
    private function told(array $info, ?array $usage): string
    {
        $told = [(string) ($info['status'] ?? '')];
        foreach (Client::RESOURCES as $resource) {
            $told[] = "$resource " . ($info["used:$resource"] ?? 0);
        }
        foreach ($usage ?? [] as $resource => ['amount' => $amount]) {
            $told[] = "$resource this month $amount";
        }
        return implode(', ', $told);
    }
}
