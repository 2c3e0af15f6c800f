#!/bin/sh
# Says whether this guest reaches an address, which is all of the query: /cgi-bin/reaches.cgi?169.254.7.9
# Behind a comma: an address that its first NIC takes for as long as that lasts, to ask from it.
printf 'Content-Type: text/plain\r\n\r\n'
to=${QUERY_STRING%%,*}
from=${QUERY_STRING#"$to"}
from=${from#,}
case "$to$from" in
  "" | *[!0-9.]*) echo 'usage: reaches.cgi?ADDRESS[,FROM]' ;;
  *)
    [ -z "$from" ] || ip address add "$from/32" dev eth0
    ping -c 1 -W 1 ${from:+-I "$from"} "$to" > /dev/null 2>&1 && echo yes || echo no
    [ -z "$from" ] || ip address delete "$from/32" dev eth0
    ;;
esac
