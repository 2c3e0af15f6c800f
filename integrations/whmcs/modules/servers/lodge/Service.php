<?php

declare(strict_types=1);

namespace Lodge\Whmcs;

use Lodge\ApiError;
use Lodge\Client;

require_once __DIR__ . '/LodgeClient.php';

/**
 * A service of WHMCS's that is an account of Lodge's. The account's uuid is the service's username, and the secret of its first
 * key the service's password.
 */
final class Service
{
    /** By their places, the options of a product (lodge_ConfigOptions): those of limits, and the credit of a period. */
    private const CREDIT_OPTION = 8;

    /** @var array<string, mixed> */
    private array $params;
    private Client $client;

    /**
     * @param array<string, mixed> $params as WHMCS hands them to every function of a module
     *
     * @throws ApiError
     */
    private function __construct(array $params)
    {
        $this->params = $params;
        $this->client = self::client($params);
    }

    /**
     * Runs a function of the module: answers "success", or a sentence that says what is amiss.
     *
     * @param array<string, mixed>    $params
     * @param callable(Service): void $work
     */
    public static function run(array $params, callable $work): string
    {
        try {
            $work(new self($params));
            return 'success';
        } catch (ApiError $error) {
            return $error->getMessage();
        } catch (\Throwable $error) {
            return 'The module for Lodge failed: ' . Client::line($error->getMessage(), 255);
        }
    }

    /**
     * The cloud that a server of WHMCS's stands for.
     *
     * @param array<string, mixed> $params
     *
     * @throws ApiError
     */
    public static function client(array $params): Client
    {
        $key = (string) ($params['serverpassword'] ?? '');
        $log = static function (string $method, string $path, array $sent, string $outcome) use ($key): void {
            logModuleCall('lodge', "$method $path", $sent, $outcome, '', [$key]);
        };
        $port = (int) ($params['serverport'] ?? 0);
        return new Client(
            (string) (($params['serverhostname'] ?? '') ?: ($params['serverip'] ?? '')),
            $port > 0 ? $port : null,
            (bool) ($params['serversecure'] ?? false),
            (string) ($params['serverusername'] ?? ''),
            $key,
            $log
        );
    }

    /** Makes the account, once: a service that has one already has it set as its product says. @throws ApiError */
    public function create(): void
    {
        $before = $this->username();
        if (Client::isUuid($before) && ($this->client->info($before)['status'] ?? '') !== 'closed') {
            $this->client->set($before, $this->limits());
            $this->credit($before, 'first');
            return;
        }
        $keys = $this->profile() + $this->limits();
        $made = $this->client->create($keys, $this->mark('create', $before . json_encode($keys)));
        $user = (string) ($made['user'] ?? '');
        // Of one that was made by an earlier call, whose answer was lost, nobody knows the first key.
        $secret = (string) ($made['secret'] ?? '') ?: $this->client->createKey($user, 'first key');
        $this->params['model']->serviceProperties->save(['Username' => $user, 'Password' => $secret]);
        $this->credit($user, 'first');
    }

    /** @throws ApiError */
    public function suspend(): void
    {
        $this->client->suspend($this->username(), (string) ($this->params['suspendreason'] ?? ''));
    }

    /** @throws ApiError */
    public function unsuspend(): void
    {
        $this->client->resume($this->username());
    }

    /** @throws ApiError */
    public function terminate(): void
    {
        $this->client->close($this->username());
    }

    /** @throws ApiError */
    public function changePackage(): void
    {
        $this->client->set($this->username(), $this->limits());
    }

    /** Credits what the product says for a period, once for each. @throws ApiError */
    public function renew(): void
    {
        $this->credit($this->username(), (string) ($this->params['model']->nextduedate ?? ''));
    }

    private function username(): string
    {
        return (string) ($this->params['username'] ?? '');
    }

    /** @throws ApiError */
    private function credit(string $user, string $period): void
    {
        $amount = trim((string) $this->option(self::CREDIT_OPTION, 'credit'));
        if ($amount === '') {
            return;
        }
        if ($period === '') {
            throw new ApiError('Lodge: the service has no next due date, by which its credit would be known again');
        }
        $text = "WHMCS service {$this->params['serviceid']}, $period";
        $this->client->credit($user, $amount, $this->mark('credit', $user . $period), $text);
    }

    /** @return array<string, string> */
    private function profile(): array
    {
        $client = (array) ($this->params['clientsdetails'] ?? []);
        $person = trim(($client['firstname'] ?? '') . ' ' . ($client['lastname'] ?? ''));
        $name = (string) (($client['companyname'] ?? '') ?: $person);
        return [
            'name' => trim(Client::line($name, 200) . " (service {$this->params['serviceid']})"),
            'email' => (string) ($client['email'] ?? ''),
        ];
    }

    /** @return array<string, string> */
    private function limits(): array
    {
        $places = array_flip(Client::RESOURCES);
        return Client::limits(fn (string $resource): string => (string) $this->option($places[$resource] + 1, "limit:$resource"));
    }

    /** What the customer chose (a configurable option of that name), or else what the product says. */
    private function option(int $place, string $name): ?string
    {
        $chosen = $this->params['configoptions'][$name] ?? null;
        return (string) ($chosen ?? $this->params["configoption$place"] ?? '');
    }

    /** A mark that is this installation's, this service's and this matter's alone. */
    private function mark(string $what, string $matter): string
    {
        $installation = (string) ($GLOBALS['CONFIG']['SystemURL'] ?? '');
        $digest = hash('sha256', "$installation\n{$this->params['serviceid']}\n$matter");
        return "whmcs-$what-{$this->params['serviceid']}-" . substr($digest, 0, 32);
    }
}
