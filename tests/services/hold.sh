#!/bin/bash
# hold.sh SCRIPT [ARGUMENT...]: starts a service, prints its lines and an empty one, and stops it when standard input ends: however the
# process dies that holds the other end, the service goes with it.
. "$(dirname "$0")/lib.sh"
(($# > 0)) || usage
script=$HERE/$1
shift
trap '' INT HUP TERM
"$script" start "$@" </dev/null || exit
echo
cat >/dev/null
"$script" stop "$@"
