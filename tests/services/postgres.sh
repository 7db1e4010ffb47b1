#!/bin/bash
# postgres.sh install|start|stop [NAME]: one PostgreSQL server with scram passwords. Needs postgresql; root becomes user postgres (initdb refuses
# root). Its data lies in the folder for temporary files, which that user may enter. Prints PG_PORT, PG_USER, PG_PASSWORD.
. "$(dirname "$0")/lib.sh"
pg_install() { [[ -d /usr/lib/postgresql ]] || need initdb postgresql; }
as_owner() {
  AS=()
  ((EUID)) || AS=(setpriv --reuid postgres --regid "$(id -g postgres)" --init-groups)
}
start() {
  local B p pw data
  pg_install
  B=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  port p
  pw=$(secret)
  data=$(mktemp -d "${TMPDIR:-/tmp}/dr-postgres-XXXXXX")
  echo "$data" >"$D/data"
  echo "$B" >"$D/bin"
  as_owner
  ((EUID)) || chown postgres "$data"
  cd "$data"
  echo "$pw" | "${AS[@]}" sh -c 'umask 077; cat >pw'
  "${AS[@]}" "$B/initdb" -D db -U probe -A scram-sha-256 --pwfile=pw -N >"$D/initdb.log" 2>&1
  rm pw
  "${AS[@]}" tee -a db/postgresql.conf >/dev/null <<E
listen_addresses = '127.0.0.1'
port = $p
unix_socket_directories = ''
fsync = off
E
  "${AS[@]}" "$B/pg_ctl" -D db -l log -w -t 60 start >/dev/null 9>&-
  emit PG_PORT "$p" PG_USER probe PG_PASSWORD "$pw"
}
up() { [[ -s $D/data ]] && ctl status; }
ctl() {
  as_owner
  (cd "$(cat "$D/data")" && "${AS[@]}" "$(cat "$D/bin")/pg_ctl" -D db "$@" >/dev/null 2>&1)
}
stop() {
  [[ -s $D/data ]] || return 0
  ctl stop -w -m fast || ctl stop -w -m immediate || true
  cd "$D"
  rm -rf "$(cat "$D/data")"
  rm -f "$D/data"
}
case ${1:-} in
  install) pg_install ;;
  *) service "postgres-${2:-sql}" "${1:-}" ;;
esac
