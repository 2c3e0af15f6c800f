#!/bin/sh
# The guest's page: which server this is, and what it sees of its machine.
address=$(ip -4 -o addr show scope global | awk '{ sub("/.*", "", $4); print $4; exit }')
links=$(ip -4 -o addr show scope link | awk '{ sub("/.*", "", $4); print $4 " (" $2 ")" }')
uptime=$(cut -d ' ' -f 1 /proc/uptime)
# The name comes last of what is read from a CD with the label cidata: with it the rest is there, too.
name=$(hostname)
# Of what the CD holds, the names behind the keys; nothing of it can be a mark of this page.
seed=/run/seed
keys=$(sed -n 's/.*"public-keys":\[\(.*\)\].*/\1/p' $seed/meta-data 2> /dev/null | tr -d '<&"' | tr ',' '\n' | cut -d ' ' -f 1,3-)
lines=$(wc -l < $seed/user-data 2> /dev/null)
printf 'Content-Type: text/html; charset=utf-8\r\n\r\n'
cat << PAGE
<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Lodge sample guest</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
  dt { font-weight: 600 } dd { margin: 0 0 .6rem }
</style>
<h1>Hello from a Lodge server</h1>
<dl>
  <dt>Name</dt><dd>$name</dd>
  <dt>Address</dt><dd>$address</dd>
  <dt>On links without DHCP</dt><dd>${links:-none}</dd>
  <dt>Up for</dt><dd>$uptime seconds</dd>
  <dt>Processors</dt><dd>$(nproc)</dd>
  <dt>Memory</dt><dd>$(awk '/^MemTotal/ { print int($2 / 1024) " MiB" }' /proc/meminfo)</dd>
  <dt>Drives</dt><dd>$(awk 'NR > 2 { print $4 " (" $3 " KiB)" }' /proc/partitions)</dd>
  <dt>Lets in</dt><dd>${keys:-nobody by a key}</dd>
  <dt>User data</dt><dd>${lines:-0} lines</dd>
</dl>
</html>
PAGE
