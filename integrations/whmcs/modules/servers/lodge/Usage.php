<?php

declare(strict_types=1);

namespace Lodge\Whmcs;

use Lodge\ApiError;
use Lodge\Client;
use WHMCS\Database\Capsule;

require_once __DIR__ . '/LodgeClient.php';

/** What the services of a server have used, in the columns of tblhosting that WHMCS shows and bills overage by: in MB. */
final class Usage
{
    private const MB = 1024 * 1024;
    private const MB_IN_GB = 1024;

    /**
     * Writes it for each service of the server that has an account. One whose account is gone keeps what it has.
     *
     * @throws ApiError
     */
    public static function update(int $server, Client $client): void
    {
        $accounts = $client->infos();
        $isMetered = true;
        foreach (self::services($server) as $id => $user) {
            $account = $accounts[strtolower((string) $user)] ?? null;
            if ($account === null) {
                continue;
            }
            $usage = $isMetered ? $client->usage((string) $user) : null;
            $isMetered = $usage !== null;
            Capsule::table('tblhosting')->where('id', $id)->update(self::columns($account, $usage));
        }
    }

    /** @return iterable<int, string> the username of each by its id */
    private static function services(int $server): iterable
    {
        $services = Capsule::table('tblhosting')->where('server', $server);
        return $services->whereIn('domainstatus', ['Active', 'Suspended'])->pluck('username', 'id');
    }

    /**
     * @param array<string, mixed>                     $account
     * @param array<string, array<string, mixed>>|null $usage
     *
     * @return array<string, mixed>
     */
    private static function columns(array $account, ?array $usage): array
    {
        $moved = $usage === null ? [] : ['bwusage' => (int) ceil(self::number($usage['xfer']['amount'] ?? 0) * self::MB_IN_GB)];
        return [
            'diskusage' => (int) ceil(self::number($account['used:disk'] ?? 0) / self::MB),
            'disklimit' => (int) floor(self::number($account['limit:disk'] ?? 0) / self::MB),
            'lastupdate' => date('Y-m-d H:i:s'),
        ] + $moved;
    }

    /** @param mixed $value */
    private static function number($value): float
    {
        return is_numeric($value) ? (float) $value : 0.0;
    }
}
