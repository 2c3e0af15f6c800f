#!/bin/sh
# Says whether this guest reaches an address, which is all of the query: /cgi-bin/reaches.cgi?169.254.7.9
printf 'Content-Type: text/plain\r\n\r\n'
case "$QUERY_STRING" in
  "" | *[!0-9.]*) echo 'usage: reaches.cgi?ADDRESS' ;;
  *) ping -c 1 -W 1 "$QUERY_STRING" > /dev/null 2>&1 && echo yes || echo no ;;
esac
