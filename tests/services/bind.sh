#!/bin/bash
# bind.sh install|start|stop [NAME]: BIND, which answers for the zone dr.test with records of each type that checks ask for.
# Needs bind9. Prints DNS_SERVER, an address with its port.
. "$(dirname "$0")/lib.sh"
start() {
  need named bind9
  local p
  port p
  cat >"$D/zone" <<E
\$TTL 5
@ IN SOA ns.dr.test. hostmaster.dr.test. 1 60 60 600 5
@ IN NS ns
@ IN MX 10 mail
ns IN A 127.0.0.1
api IN A 127.0.0.2
api IN A 127.0.0.3
six IN AAAA ::2
www IN CNAME api
note IN TXT "Site A"
_etcd._tcp IN SRV 0 5 2379 api
E
  cat >"$D/named.conf" <<E
options {
  directory "$D"; pid-file "$D/named-pid"; session-keyfile "$D/session.key";
  listen-on port $p { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; allow-transfer { none; };
};
controls { };
zone "dr.test" { type primary; file "$D/zone"; };
E
  spawn named named -g -c "$D/named.conf"
  until_true 60 grep -q 'all zones loaded' "$D/named.log" || die "the zone is not loaded"
  until_true 20 listening "$p" || die "no answer"
  emit DNS_SERVER "127.0.0.1:$p"
}
stop() { end named; }
case ${1:-} in
  install) need named bind9 ;;
  *) service "bind-${2:-dns}" "${1:-}" ;;
esac
