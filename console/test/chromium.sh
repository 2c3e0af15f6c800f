#!/bin/sh
# Debian's Chromium under a filter of system calls, a file that $CHROMIUM_FILTER names (see chromium.ts).
exec bwrap --dev-bind / / --die-with-parent --seccomp 9 -- /usr/bin/chromium-headless-shell "$@" 9<"$CHROMIUM_FILTER"
