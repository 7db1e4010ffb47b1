#!/bin/bash
# tools.sh: the programs that tests run beside ours: age, zstd, systemd-analyze, ssh-keygen, script, sudo, ps, chromium,
# pdftotext. Prints nothing; starts nothing.
. "$(dirname "$0")/lib.sh"
(($# == 0)) || usage
exec 9>"$DR_SERVICES/tools.lock"
flock 9
need age age
need zstd zstd
need systemd-analyze systemd
need ssh-keygen openssh-client
need script bsdutils
need sudo sudo
need ps procps
need chromium chromium
need pdftotext poppler-utils
