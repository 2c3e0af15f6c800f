<?php

/**
 * Stands in for WHMCS: offers what its provisioning modules find there, loads the module as it does, and calls one function of
 * it. Standard input has {function, params, service, services}; standard output what was answered, and what is kept then.
 */

declare(strict_types=1);

namespace WHMCS\Database {
    /** The one table that the module asks for, with the calls of the query builder that it makes. */
    final class Capsule
    {
        /** @var array<int, array<string, mixed>> */
        public static array $services = [];
        /** @var array<int, array<string, mixed>> */
        private array $rows;

        public static function table(string $name): self
        {
            if ($name !== 'tblhosting') {
                throw new \LogicException("there is no table $name");
            }
            $table = new self();
            $table->rows = self::$services;
            return $table;
        }

        public function where(string $column, mixed $value): self
        {
            return $this->whereIn($column, [$value]);
        }

        /** @param list<mixed> $values */
        public function whereIn(string $column, array $values): self
        {
            $this->rows = array_filter($this->rows, static fn (array $row): bool => in_array($row[$column], $values));
            return $this;
        }

        /** @return \ArrayIterator<int|string, mixed> */
        public function pluck(string $value, string $key): \ArrayIterator
        {
            return new \ArrayIterator(array_column($this->rows, $value, $key));
        }

        /** @param array<string, mixed> $columns */
        public function update(array $columns): int
        {
            foreach (array_keys($this->rows) as $at) {
                self::$services[$at] = $columns + self::$services[$at];
            }
            return count($this->rows);
        }
    }
}

namespace {
    define('WHMCS', true);

    /** @var list<array<string, mixed>> */
    $logged = [];

    function logModuleCall(
        string $module,
        string $action,
        mixed $request,
        mixed $response,
        mixed $processed = '',
        array $secrets = []
    ): void {
        global $logged;
        $text = json_encode([$module, $action, $request, $response, $processed], JSON_THROW_ON_ERROR);
        $logged[] = str_replace(array_filter($secrets), '***', $text);
    }

    /** What a service keeps of what a module says (Service Properties). */
    final class ServiceProperties
    {
        /** @param array<string, string> $kept */
        public function __construct(public array $kept, private bool $isBroken)
        {
        }

        /** @param array<string, string> $properties */
        public function save(array $properties): void
        {
            if ($this->isBroken) {
                throw new \RuntimeException('the database has gone away');
            }
            $this->kept = $properties + $this->kept;
        }
    }

    final class HostingService
    {
        public function __construct(public ServiceProperties $serviceProperties, public string $nextduedate)
        {
        }
    }

    $asked = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
    WHMCS\Database\Capsule::$services = $asked['services'] ?? [];
    $CONFIG = ['SystemURL' => $asked['systemUrl'] ?? 'https://billing.example.com/'];
    $service = $asked['service'] ?? [];
    $properties = new ServiceProperties(
        ['Username' => $service['username'] ?? '', 'Password' => $service['password'] ?? ''],
        $asked['isBroken'] ?? false
    );
    $params = $asked['params'] + [
        'serviceid' => $service['id'] ?? 0,
        'username' => $properties->kept['Username'],
        'password' => $properties->kept['Password'],
        'model' => new HostingService($properties, $service['nextduedate'] ?? ''),
    ];

    require $argv[1];
    $answered = ('lodge_' . $asked['function'])($params);
    echo json_encode([
        'answered' => $answered,
        'username' => $properties->kept['Username'],
        'password' => $properties->kept['Password'],
        'services' => WHMCS\Database\Capsule::$services,
        'logged' => $logged,
    ], JSON_THROW_ON_ERROR);
}
