<?php

/** The provisioning module for Lodge: the functions that WHMCS calls. What they do is in Service.php and Usage.php. */

declare(strict_types=1);

use Lodge\ApiError;
use Lodge\Whmcs\Service;
use Lodge\Whmcs\Usage;

if (!defined('WHMCS')) {
    exit('This file is part of WHMCS.');
}

require_once __DIR__ . '/Service.php';
require_once __DIR__ . '/Usage.php';

function lodge_MetaData(): array
{
    return [
        'DisplayName' => 'Lodge',
        'APIVersion' => '1.1',
        'RequiresServer' => true,
        'DefaultNonSSLPort' => '8480',
        'DefaultSSLPort' => '8480',
    ];
}

/** The limits of an account, in the order of Client::RESOURCES, and the credit of a period. */
function lodge_ConfigOptions(): array
{
    $option = static fn (string $what): array => ['Type' => 'text', 'Size' => '12', 'Description' => $what];
    return [
        'CPU' => $option('core MHz of servers that run; empty: as many as the cloud lets an account have'),
        'Memory' => $option('MB of servers that run'),
        'Disk' => $option('bytes of drives, with k, M, G or T'),
        'Addresses' => $option('static addresses'),
        'VLANs' => $option('VLANs'),
        'Servers' => $option('servers, running or not'),
        'Drives' => $option('drives'),
        'Credit' => $option('credited when the service is made and at each renewal; empty: nothing'),
    ];
}

function lodge_CreateAccount(array $params): string
{
    return Service::run($params, static fn (Service $service) => $service->create());
}

function lodge_SuspendAccount(array $params): string
{
    return Service::run($params, static fn (Service $service) => $service->suspend());
}

function lodge_UnsuspendAccount(array $params): string
{
    return Service::run($params, static fn (Service $service) => $service->unsuspend());
}

function lodge_TerminateAccount(array $params): string
{
    return Service::run($params, static fn (Service $service) => $service->terminate());
}

function lodge_ChangePackage(array $params): string
{
    return Service::run($params, static fn (Service $service) => $service->changePackage());
}

function lodge_Renew(array $params): string
{
    return Service::run($params, static fn (Service $service) => $service->renew());
}

function lodge_TestConnection(array $params): array
{
    try {
        Service::client($params)->ensureAdmin();
        return ['success' => true, 'error' => ''];
    } catch (ApiError $error) {
        return ['success' => false, 'error' => $error->getMessage()];
    }
}

/** Once a day for each server of WHMCS's. */
function lodge_UsageUpdate(array $params): void
{
    try {
        Usage::update((int) ($params['serverid'] ?? 0), Service::client($params));
    } catch (ApiError $error) {
        logModuleCall('lodge', 'UsageUpdate', ['serverid' => $params['serverid'] ?? null], $error->getMessage(), '', []);
    }
}
