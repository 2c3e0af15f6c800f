<?php

/**
 * Stands in for FOSSBilling: offers what its server managers find there, loads this one as it does, and goes the ways of its
 * hosting service with one order. Standard input has {action, config, order}; standard output what came of it, and what is kept.
 */

declare(strict_types=1);

abstract class Server_Manager
{
    /** @var array<string, mixed> */
    protected array $_config = ['ip' => null, 'host' => null, 'secure' => false, 'username' => null, 'accesshash' => null, 'port' => null];
    private ?OrderLog $log = null;

    /** @param array<string, mixed> $options */
    public function __construct(array $options)
    {
        $this->_config = array_intersect_key($options, $this->_config) + $this->_config;
        $this->init();
    }

    protected function init()
    {
    }

    public function getPasswordLength(): int
    {
        return 10;
    }

    public function getLog(): OrderLog
    {
        return $this->log ??= new OrderLog();
    }

    public static function getSecretFields(): array
    {
        return [];
    }

    public function generateUsername(string $domain)
    {
        return substr($domain, 0, 7) . '1';
    }

    abstract public function getLoginUrl(?Server_Account $account);

    abstract public function getResellerLoginUrl(?Server_Account $account);

    abstract public function testConnection();

    abstract public function createAccount(Server_Account $account);

    abstract public function synchronizeAccount(Server_Account $account);

    abstract public function suspendAccount(Server_Account $account);

    abstract public function unsuspendAccount(Server_Account $account);

    abstract public function cancelAccount(Server_Account $account);

    abstract public function changeAccountPassword(Server_Account $account, string $newPassword);

    abstract public function changeAccountUsername(Server_Account $account, string $newUsername);

    abstract public function changeAccountDomain(Server_Account $account, string $newDomain);

    abstract public function changeAccountIp(Server_Account $account, string $newIp);

    abstract public function changeAccountPackage(Server_Account $account, Server_Package $package);
}

final class OrderLog
{
    /** @var list<string> */
    public array $lines = [];

    public function info(string $line): void
    {
        $this->lines[] = $line;
    }
}

final class Server_Exception extends Exception
{
    /** @param array<string, string>|null $variables */
    public function __construct(string $message, ?array $variables = null, int $code = 0)
    {
        parent::__construct(strtr($message, $variables ?? []), $code);
    }
}

/** A holder of values, with a getter and a setter for each. */
abstract class Values
{
    /** @var array<string, mixed> */
    private array $values = [];

    public function __call(string $name, array $arguments): mixed
    {
        $value = substr($name, 3);
        if (str_starts_with($name, 'get')) {
            return $this->values[$value] ?? null;
        }
        $this->values[$value] = $arguments[0];
        return $this;
    }
}

final class Server_Client extends Values
{
}

final class Server_Account extends Values
{
}

final class Server_Package extends Values
{
    /** @var array<string, string> */
    private array $custom = [];

    /** @param array<string, string> $custom */
    public function setCustomValues(array $custom): static
    {
        $this->custom = $custom;
        return $this;
    }

    public function getCustomValue(string $name): ?string
    {
        return $this->custom[$name] ?? null;
    }
}

/** @param array<string, mixed> $plan */
function packageOf(array $plan): Server_Package
{
    return (new Server_Package())->setCustomValues($plan['custom'] ?? [])->setQuota($plan['quota'] ?? null);
}

$asked = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
require $argv[1];
$manager = new Server_Manager_Lodge($asked['config']);
$order = $asked['order'] ?? [];
$username = $order['username'] ?? null;
$account = static function () use ($order, &$username): Server_Account {
    $client = (new Server_Client())->setFullName('Jane Doe')->setEmail('jane@example.com')->setCompany($order['company'] ?? null);
    return (new Server_Account())
        ->setClient($client)
        ->setPackage(packageOf($order['plan'] ?? []))
        ->setUsername($username)
        ->setDomain('example.com')
        ->setPassword('x')
        ->setNote($order['note'] ?? null);
};
$answered = null;
$error = null;
try {
    switch ($asked['action']) {
        case 'activate':
            // The username is kept once the account was made, and nothing of what the account was given.
            $made = $username ?? $manager->generateUsername('example.com');
            if ($username === null) {
                $username = $made;
                try {
                    $answered = $manager->createAccount($account());
                } catch (Throwable $failed) {
                    $username = null;
                    throw $failed;
                }
            }
            break;
        case 'suspend':
            $answered = $manager->suspendAccount($account());
            break;
        case 'unsuspend':
            $answered = $manager->unsuspendAccount($account());
            break;
        case 'cancel':
            $answered = $manager->cancelAccount($account());
            break;
        case 'change plan':
            $answered = $manager->changeAccountPackage($account(), packageOf($order['newPlan']));
            break;
        case 'change domain':
            $answered = $manager->changeAccountDomain($account(), 'example.org');
            break;
        case 'change password':
            $answered = $manager->changeAccountPassword($account(), 'new');
            break;
        case 'change username':
            $answered = $manager->changeAccountUsername($account(), 'new');
            break;
        case 'change ip':
            $answered = $manager->changeAccountIp($account(), '192.0.2.1');
            break;
        case 'sync':
            $found = $manager->synchronizeAccount($account());
            $username = $found->getUsername();
            $answered = $found->getSuspended();
            break;
        case 'test':
            $answered = $manager->testConnection();
            break;
        case 'form':
            $answered = [Server_Manager_Lodge::getForm(), Server_Manager_Lodge::getSecretFields()];
            break;
        case 'login':
            $answered = $manager->getLoginUrl(null);
            break;
        default:
            throw new LogicException($asked['action']);
    }
} catch (Server_Exception $thrown) {
    $error = $thrown->getMessage();
}
echo json_encode(
    ['answered' => $answered, 'error' => $error, 'username' => $username, 'logged' => $manager->getLog()->lines],
    JSON_THROW_ON_ERROR
);
