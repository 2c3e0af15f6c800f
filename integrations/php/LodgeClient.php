<?php

declare(strict_types=1);

namespace Lodge;

/** Why Lodge did not do what was asked, in a sentence for an administrator. */
final class ApiError extends \RuntimeException
{
    private int $status;
    private string $reason;

    /**
     * @param int    $status of HTTP; 0 where nothing was answered
     * @param string $reason the finer code of the error (X-Lodge-Error), empty where there is none
     */
    public function __construct(string $sentence, int $status = 0, string $reason = '')
    {
        parent::__construct($sentence);
        $this->status = $status;
        $this->reason = $reason;
    }

    public function status(): int
    {
        return $this->status;
    }

    public function reason(): string
    {
        return $this->reason;
    }
}

/**
 * Lodge's commands on accounts, asked as an admin of the cloud. Each may be repeated: what was done already is done. So what
 * nobody answered is asked again, a few times.
 */
final class Client
{
    /** What an account may have, by the names that Lodge has for it. */
    public const RESOURCES = ['cpu', 'mem', 'disk', 'ip', 'vlan', 'servers', 'drives'];

    private const DEFAULT_PORT = 8480;
    private const CONNECT_SECONDS = 10;
    private const ANSWER_SECONDS = 60;
    /** More than the infos of twenty thousand accounts, and less than PHP's memory takes as a rule. */
    private const MOST_BYTES = 16 * 1024 * 1024;
    /** How long it is waited before what was not answered is asked again, each time. */
    private const PAUSES_SECONDS = [1, 3];
    /** What takes longer than this is not asked again. */
    private const PATIENCE_SECONDS = 60;
    private const LONGEST_PAUSE_SECONDS = 5;
    private const LONGEST_SENTENCE = 500;

    /** Errors of curl after which Lodge may answer the next time: no connection, a lost one, or silence. */
    private const PASSING = [
        CURLE_COULDNT_CONNECT,
        CURLE_PARTIAL_FILE,
        CURLE_OPERATION_TIMEOUTED,
        CURLE_GOT_NOTHING,
        CURLE_SEND_ERROR,
        CURLE_RECV_ERROR,
    ];

    private string $url;
    private string $login;
    /** @var callable(string, string, array<string, mixed>, string): void */
    private $observer;

    /**
     * @param string        $host     a name or an address
     * @param int|null      $port     null for Lodge's own
     * @param bool          $secure   whether it is reached by TLS; without it only on this very machine
     * @param string        $user     the uuid of an account whose role is admin
     * @param string        $key      the secret of one of its keys, of the scope all
     * @param callable|null $observer told of each request: method, path, what was sent, what came of it; never a secret
     *
     * @throws ApiError the settings are not such
     */
    public function __construct(string $host, ?int $port, bool $secure, string $user, string $key, ?callable $observer = null)
    {
        $host = trim($host);
        if ($host === '' || preg_match('/[\s\/@?#\\\\]/', $host) === 1) {
            throw new ApiError('Lodge: the server has no hostname, or one that is none');
        }
        if (!$secure && !in_array($host, ['localhost', '127.0.0.1', '::1'], true)) {
            throw new ApiError('Lodge: without TLS the key would be readable on its way: tick the secure connection');
        }
        if (!self::isUuid($user) || $key === '') {
            throw new ApiError("Lodge: the username is to be the uuid of an admin's account, and the password one of its keys");
        }
        $name = strpos($host, ':') === false ? $host : "[$host]";
        $this->url = ($secure ? 'https' : 'http') . "://$name:" . ($port ?? self::DEFAULT_PORT) . '/';
        $this->login = "$user:$key";
        $this->observer = $observer ?? static function (): void {
        };
    }

    public static function isUuid(?string $text): bool
    {
        return preg_match('/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iD', (string) $text) === 1;
    }

    /**
     * Limits as the commands take them.
     *
     * @param callable(string): ?string $amountOf what is said of a resource; nothing, or an empty text, leaves it to the cloud
     *
     * @return array<string, string>
     */
    public static function limits(callable $amountOf): array
    {
        $limits = [];
        foreach (self::RESOURCES as $resource) {
            $limits["limit:$resource"] = trim((string) $amountOf($resource));
        }
        return $limits;
    }

    /** @throws ApiError the cloud is not reached, or whose key it is may not act for all of it */
    public function ensureAdmin(): void
    {
        $info = $this->ask('GET', ['profile', 'info']);
        if (($info['role'] ?? '') !== 'admin') {
            throw new ApiError("Lodge: this key is of an account that is no admin's");
        }
    }

    /**
     * Makes an account.
     *
     * @param array<string, string> $keys name, email, limit:RESOURCE; empty ones are left out
     * @param string                $once makes one account, however often it is asked with it within a day
     *
     * @return array<string, mixed> its info, with the secret of its first key unless it had been made before
     *
     * @throws ApiError
     */
    public function create(array $keys, string $once): array
    {
        $given = array_filter($keys, static fn (string $value): bool => $value !== '');
        return $this->ask('POST', ['accounts', 'create'], $given, ["Idempotency-Key: $once"]);
    }

    /**
     * Makes a key of the account, which opens everything.
     *
     * @return string its secret
     *
     * @throws ApiError
     */
    public function createKey(string $user, string $name): string
    {
        $made = $this->ask('POST', ['profile', 'keys', 'create'], ['name' => $name], ["X-Elastic-User: {$this->uuid($user)}"]);
        return (string) ($made['secret'] ?? '');
    }

    /**
     * @return array<string, mixed>
     *
     * @throws ApiError
     */
    public function info(string $user): array
    {
        return $this->ask('GET', ['accounts', $this->uuid($user), 'info']);
    }

    /**
     * Of all accounts, closed ones too, by their uuids.
     *
     * @return array<string, array<string, mixed>>
     *
     * @throws ApiError
     */
    public function infos(): array
    {
        return array_column($this->ask('GET', ['accounts', 'info']), null, 'user');
    }

    /**
     * @param array<string, string> $keys name, email, limit:RESOURCE; an empty limit is the cloud's own
     *
     * @throws ApiError
     */
    public function set(string $user, array $keys): void
    {
        $this->ask('POST', ['accounts', $this->uuid($user), 'set'], $keys);
    }

    /** Its servers end, and it starts and makes nothing; it is so already where it was. @throws ApiError */
    public function suspend(string $user, string $reason): void
    {
        $keys = $reason === '' ? [] : ['reason' => self::line($reason, 255)];
        $this->ask('POST', ['accounts', $this->uuid($user), 'suspend'], $keys);
    }

    /** @throws ApiError */
    public function resume(string $user): void
    {
        $this->ask('POST', ['accounts', $this->uuid($user), 'resume']);
    }

    /** Closes it for good, with all that it has; it is so already where it was. @throws ApiError */
    public function close(string $user): void
    {
        $this->ask('POST', ['accounts', $this->uuid($user), 'close'], ['everything' => 'true']);
    }

    /**
     * What it has used in this month so far, by resource, in unit-hours; xfer in GB.
     *
     * @return array<string, array<string, mixed>>|null null of a cloud that does not meter
     *
     * @throws ApiError
     */
    public function usage(string $user): ?array
    {
        try {
            return array_column($this->ask('GET', ['accounts', $this->uuid($user), 'usage']), null, 'resource');
        } catch (ApiError $error) {
            if ($error->reason() === 'no_such_command') {
                return null;
            }
            throw $error;
        }
    }

    /** Credits an amount, once for each reference. @throws ApiError */
    public function credit(string $user, string $amount, string $reference, string $text): void
    {
        $keys = ['amount' => $amount, 'reference' => $reference, 'text' => self::line($text, 255)];
        $this->ask('POST', ['accounts', $this->uuid($user), 'credit'], $keys);
    }

    /** A line without controls, of so many characters at most. */
    public static function line(string $text, int $most): string
    {
        $plain = preg_replace('/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/u', ' ', $text);
        preg_match('/^.{0,' . $most . '}/u', trim((string) $plain), $found);
        return $found[0] ?? '';
    }

    /** @throws ApiError what is kept of the account is none of Lodge's */
    private function uuid(string $user): string
    {
        if (!self::isUuid($user)) {
            throw new ApiError('Lodge: this service has no account: its username is to be the uuid of one');
        }
        return strtolower($user);
    }

    /**
     * @param list<string>               $words
     * @param array<string, string>|null $keys
     * @param list<string>               $headers
     *
     * @return array<mixed>
     *
     * @throws ApiError
     */
    private function ask(string $method, array $words, ?array $keys = null, array $headers = []): array
    {
        $path = implode('/', array_map('rawurlencode', $words));
        $begun = microtime(true);
        for ($attempt = 0; ; $attempt++) {
            $answer = $this->send($method, $path, $keys ?? [], $headers);
            $pause = self::PAUSES_SECONDS[$attempt] ?? null;
            if ($answer['isPassing'] && $pause !== null && microtime(true) - $begun < self::PATIENCE_SECONDS) {
                sleep(min(self::LONGEST_PAUSE_SECONDS, max($pause, $answer['retryAfter'])));
                continue;
            }
            ($this->observer)($method, $path, $keys ?? [], $answer['error'] ?? 'done');
            if ($answer['error'] !== null) {
                throw new ApiError($answer['error'], $answer['status'], $answer['reason']);
            }
            return $answer['body'];
        }
    }

    /**
     * @param array<string, string> $keys
     * @param list<string>          $headers
     *
     * @return array{status: int, reason: string, error: ?string, body: array<mixed>, isPassing: bool, retryAfter: int}
     */
    private function send(string $method, string $path, array $keys, array $headers): array
    {
        $body = '';
        $came = [];
        $isTooLong = false;
        $handle = curl_init($this->url . $path);
        curl_setopt_array($handle, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_SSL_VERIFYPEER => true,
            CURLOPT_SSL_VERIFYHOST => 2,
            CURLOPT_CONNECTTIMEOUT => self::CONNECT_SECONDS,
            CURLOPT_TIMEOUT => self::ANSWER_SECONDS,
            CURLOPT_HTTPAUTH => CURLAUTH_BASIC,
            CURLOPT_USERPWD => $this->login,
            CURLOPT_HTTPHEADER => [
                'Accept: application/json',
                'Expect:',
                ...($keys === [] ? [] : ['Content-Type: application/json']),
                ...$headers,
            ],
            CURLOPT_HEADERFUNCTION => static function ($handle, string $line) use (&$came): int {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                $came[strtolower(trim($name))] = trim($value);
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => static function ($handle, string $piece) use (&$body, &$isTooLong): int {
                $isTooLong = strlen($body) + strlen($piece) > self::MOST_BYTES;
                $body .= $isTooLong ? '' : $piece;
                return $isTooLong ? 0 : strlen($piece);
            },
        ]);
        if ($method === 'POST') {
            curl_setopt($handle, CURLOPT_POSTFIELDS, $keys === [] ? '' : json_encode($keys, JSON_THROW_ON_ERROR));
        }
        $isAnswered = curl_exec($handle) !== false;
        $status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE);
        $answer = ['status' => $status, 'reason' => $came['x-lodge-error'] ?? '', 'error' => null, 'body' => []];
        $after = ['isPassing' => false, 'retryAfter' => (int) ($came['retry-after'] ?? 0)];
        if (!$isAnswered) {
            $why = $isTooLong ? 'its answer is longer than any of Lodge\'s' : curl_error($handle);
            $isPassing = in_array(curl_errno($handle), self::PASSING, true);
            return ['status' => 0, 'error' => "Lodge is not reached: $why", 'isPassing' => $isPassing] + $answer + $after;
        }
        if ($status >= 400 || $status < 200 || $status >= 300) {
            $isPassing = in_array($status, [429, 502, 503, 504], true);
            return ['error' => self::sentence($status, $body), 'isPassing' => $isPassing] + $answer + $after;
        }
        $read = $body === '' ? [] : json_decode($body, true);
        if (!is_array($read)) {
            return ['error' => 'Lodge: what answered is no API of Lodge\'s'] + $answer + $after;
        }
        return ['body' => $read] + $answer + $after;
    }

    /** What is answered is shown in pages of the host program: it is taken for text and nothing else. */
    private static function sentence(int $status, string $body): string
    {
        $said = strtr(self::line($body, self::LONGEST_SENTENCE), '<>', '  ');
        return "Lodge: $status" . ($said === '' ? '' : " $said");
    }
}
