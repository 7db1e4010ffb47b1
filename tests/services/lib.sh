# Sourced by the scripts here, never run by itself: instance folders, free ports, and processes that are ended by their own pid.
# DR_SERVICES: where all state lives (default .services at the root of the repository). DR_INSTALL=1: as root, apt-get install what is missing.
# DR_MIRROR: a Debian mirror, where the machine's own apt sources do not tell one.
# shellcheck shell=bash disable=SC2034,SC2086
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

secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# port VAR [VALUE]: sets VAR to the value, which must be free, or to a free port below the ephemeral range, another one at each call. The
# counter is the one that FreePorts of DrPowerShell.Testing uses, which locks it by flock as well.
port() {
  local _p=${2:-} _f=${TMPDIR:-/tmp}/dr-test-ports
  if [[ $_p ]]; then
    ! listening "$_p" || die "port $_p is taken"
  else
    mkdir -p "$_f"
    exec 8<>"$_f/next"
    flock 8
    _p=$(cat "$_f/next")
    [[ $_p =~ ^[0-9]+$ ]] || _p=$((20000 + RANDOM % 12000))
    while _p=$((20000 + (_p - 19999) % 12000)); listening "$_p"; do :; done
    echo "$_p" >"$_f/next"
    exec 8>&-
  fi
  printf -v "$1" %s "$_p"
}

# drop USER: sets AS, the words in front of a command that make root become USER; empty for anybody else
drop() {
  AS=()
  ((EUID)) && return
  AS=(setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups)
  chown "$1" "$D"
  "${AS[@]}" test -x "$D" || die "user $1 cannot enter $D: put DR_SERVICES where everyone may pass"
}

# start time of a pid (a pid alone may have been reused); fails for a zombie without threads left
born() {
  local s t
  { s=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  t=(/proc/"$1"/task/*)
  set -- ${s##*) }
  [[ $1 != Z || ${#t[@]} -gt 1 ]] && echo "${20}"
}
same() { [[ $(born "$1") == "$2" ]]; }

# spawn NAME COMMAND...: in the background and in a session of its own; log in $D/NAME.log, pid and start time in $D/NAME.proc
spawn() {
  setsid "${@:2}" </dev/null >>"$D/$1.log" 2>&1 9>&- &
  echo "$! $(born $!)" >"$D/$1.proc"
}
alive() { local p s; [[ -s $D/$1.proc ]] && read -r p s <"$D/$1.proc" && same "$p" "$s"; }
family() { local c; for c in $(pgrep -P "$1"); do echo "$c $(born "$c")"; family "$c"; done; }

# end NAME [SIGNAL]: what spawn started under NAME, with its descendants; SIGKILL after 20 s
end() {
  local p s kin
  if alive "$1"; then
    read -r p s <"$D/$1.proc"
    kin=$(family "$p")
    kill -"${2:-TERM}" "$p"
    until_true 20 eval "! same $p $s" || kill -KILL "$p"
    while read -r p s; do [[ -z $p ]] || ! same "$p" "$s" || kill -KILL "$p"; done <<<"$kin"
  fi
  rm -f "$D/$1.proc"
}

# until_true SECONDS COMMAND...
until_true() { local n=$(($1 * 20)); until "${@:2}" >/dev/null 2>&1; do ((n-- > 0)) || return 1; sleep .05; done; }

emit() { printf '%s=%s\n' "$@" >>"$D/env"; }

# service INSTANCE start|stop: calls the script's start() or stop(). A start of what runs prints the same lines again; a start that
# fails shows the logs and stops what it had begun. The instance's folder is kept after stop, for its logs, and wiped by the next start.
service() {
  D=$DR_SERVICES/$1
  mkdir -p "$D"
  exec 9>"$D/.lock"
  flock 9
  case ${2:-} in
    start)
      if [[ -s $D/env ]] && up; then cat "$D/env"; return; fi
      stop
      find "$D" -mindepth 1 ! -name .lock -delete
      trap 'failed $?' EXIT
      (umask 077; : >"$D/env")
      start
      up || die "a process ended again at once"
      trap - EXIT
      cat "$D/env" ;;
    stop) stop; rm -f "$D/env" ;;
    *) usage ;;
  esac
}
failed() { (($1 == 0)) || { tail -n 15 "$D"/*.log 2>/dev/null || true; stop; rm -f "$D/env"; } >&2; }
up() { local f; for f in "$D"/*.proc; do f=${f##*/}; alive "${f%.proc}" || return; done; }
