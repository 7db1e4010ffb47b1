# Sourced by the scripts here, never run by itself.
# DR_SERVICES: where all state lives (default .services at the root of the repository). DR_INSTALL=1: as root, apt-get install what is missing.
# DR_MIRROR: a Debian mirror, where the machine's own apt sources do not tell one.
# shellcheck shell=bash
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
mkdir -p "${DR_SERVICES:=$HERE/../../.services}"
DR_SERVICES=$(cd "$DR_SERVICES" && pwd -P)
export DR_SERVICES

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 64; }

# need COMMAND PACKAGE...: the command is there, or its Debian packages are installed, or the script ends
need() {
  command -v "$1" >/dev/null && return
  [[ ${DR_INSTALL:-} == 1 && $EUID == 0 ]] || die "no $1 here: apt-get install --no-install-recommends ${*:2}   (or DR_INSTALL=1)"
  { apt-get update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y --no-install-recommends "${@:2}"; } \
    >>"$DR_SERVICES/install.log" 2>&1 </dev/null || die "apt-get failed, see $DR_SERVICES/install.log"
}

# debian SUITE: the one-line apt entry of a suite on the mirror that this machine already uses. Asked of apt itself, and not of its
# lists, because a fresh machine has none before its first `apt-get update`.
debian() {
  local uri=${DR_MIRROR:-}
  [[ $uri ]] || uri=$(apt-get update --print-uris | sed -nE "s#^'([^' ]*/debian/?)/dists/.*#\1#p" | awk "NR == 1")
  [[ $uri ]] || die "no Debian mirror in the apt sources: set DR_MIRROR"
  printf '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$uri" "$1"
}

