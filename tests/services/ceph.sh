#!/bin/bash
# ceph.sh install|start|stop: one-node Ceph (mon, osd, RADOS gateway) with S3, TLS and Object Lock; bookworm's Ceph 16 is tried.
# S3_DNS_NAME is the name below which buckets are hosts; nothing resolves it.
# S3_READER_* is a user who owns nothing, S3_SMALL_* one with a quota of 4 MB. CEPH_STORE=bluestore: a sparse 8 GB file; else memory, at most 3 GB.
. "$(dirname "$0")/lib.sh"
start() {
  local f u mon p t v1 v2 user
  install
  port p
  port t
  port v1
  port v2
  mon="[v2:127.0.0.1:$v2,v1:127.0.0.1:$v1]" f=$(uuid) u=$(uuid)
  mkdir "$D"/{mon,osd,rgw,run,crash}
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=dr-ceph -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
    -keyout "$D/tls.key" -out "$D/tls.crt" 2>"$D/openssl.log"
  cat >"$D/ceph.conf" <<E
[global]
fsid = $f
mon_host = $mon
public_addr = 127.0.0.1
public_network = 127.0.0.0/8
cluster_network = 127.0.0.0/8
ms_bind_ipv6 = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
osd_objectstore = ${CEPH_STORE:-memstore}
memstore_device_bytes = 3221225472
bluestore_block_size = 8589934592
bluestore_cache_autotune = false
bluestore_cache_size = 134217728
osd_memory_target = 939524096
keyring = $D/keyring
run_dir = $D/run
admin_socket =
log_file = $D/\$name.log
mon_cluster_log_file = $D/cluster.log
crash_dir = $D/crash
mon_data = $D/mon
osd_data = $D/osd
rgw_data = $D/rgw
rgw_crypt_require_ssl = false
rgw_gc_obj_min_wait = 5
rgw_gc_processor_period = 5
rgw_dns_name = s3.dr.test
rgw_frontends = beast endpoint=127.0.0.1:$p ssl_endpoint=127.0.0.1:$t ssl_certificate=$D/tls.crt ssl_private_key=$D/tls.key
E
  c ceph-authtool --create-keyring "$D/keyring" --gen-key -n mon. --cap mon 'allow *'
  c ceph-authtool "$D/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
  c monmaptool --create --addv a "$mon" --fsid "$f" "$D/monmap"
  c ceph-mon --mkfs -i a --monmap "$D/monmap" --keyring "$D/keyring"
  d mon ceph-mon -i a
  until_true 30 c timeout 5 ceph mon stat || die "no monitor"
  c ceph osd new "$u"
  c ceph osd crush add-bucket default root || true
  c ceph-osd -i 0 --mkfs --osd-uuid "$u" --no-mon-config
  c ceph auth get-or-create osd.0 mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' -o "$D/osd.key"
  cat "$D/osd.key" >>"$D/keyring"
  d osd ceph-osd -i 0
  until_true 60 eval "c ceph osd stat && tail -n 1 $D/setup.log | grep -q '1 up'" || die "no OSD"
  d rgw radosgw -n client.admin
  until_true 120 listening "$p" || die "the gateway does not listen"
  user '' dr
  user READER_ reader
  user SMALL_ small
  c radosgw-admin quota set --uid=small --quota-scope=user --max-size=4M
  c radosgw-admin quota enable --uid=small --quota-scope=user
  emit S3_ENDPOINT "http://127.0.0.1:$p" S3_TLS_ENDPOINT "https://127.0.0.1:$t" S3_CA "$D/tls.crt" S3_DNS_NAME s3.dr.test S3_REGION us-east-1 S3_SERVER "$(radosgw --version | sed 's/^ceph version \([^ ]*\).*/ceph-\1/')"
}
c() { env CEPH_CONF="$D/ceph.conf" "$@" >>"$D/setup.log" 2>&1 </dev/null 9>&-; }
d() { spawn "$1" "$2" -c "$D/ceph.conf" "${@:3}" -f; }
# user PREFIX NAME: a user whose keys are printed as S3_PREFIXACCESS_KEY and S3_PREFIXSECRET_KEY
user() {
  local ak sk
  ak=$(secret) sk=$(secret)
  c radosgw-admin user create --uid="$2" --display-name="$2" --access-key="$ak" --secret-key="$sk"
  emit "S3_$1ACCESS_KEY" "$ak" "S3_$1SECRET_KEY" "$sk"
}
uuid() { cat /proc/sys/kernel/random/uuid; }
stop() { local n; for n in rgw osd mon; do end $n KILL; done; }
install() {
  need radosgw ceph-mon ceph-osd radosgw ceph-common
  need curl curl
}
if [[ ${1:-} == install ]]; then install; else service ceph "${1:-}"; fi
