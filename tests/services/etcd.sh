#!/bin/bash
# etcd.sh SUITE: the etcd of a Debian suite (bookworm 3.4, trixie 3.5.16, sid 3.5.30 or newer), unpacked beside the system, not installed.
# Prints ETCD_VERSION and the paths of etcd, etcdctl and, where the suite ships it, etcdutl. Starts nothing; needs no root.
. "$(dirname "$0")/lib.sh"
(($# == 1)) || usage
R=$DR_SERVICES/etcd-$1
exec 9>"$R.lock"
flock 9
if [[ ! -x $R/bin/etcd ]]; then
  rm -rf "$R.tmp"
  mkdir -p "$R.tmp/debs" "$R.tmp/tree"
  (cd "$R.tmp/debs" && "$HERE/apt-suite.sh" "$1" download etcd-server etcd-client >../download.log 2>&1 9>&-) || { cat "$R.tmp/download.log" >&2; exit 1; }
  for deb in "$R.tmp"/debs/*.deb; do dpkg-deb -x "$deb" "$R.tmp/tree"; done
  mv "$R.tmp/tree/usr/bin" "$R.tmp/bin"
  rm -rf "$R.tmp/debs" "$R.tmp/tree" "$R"
  mv "$R.tmp" "$R"
fi
echo "ETCD_VERSION=$("$R/bin/etcd" --version | sed -n 's/^etcd Version: //p')"
for b in etcd etcdctl etcdutl; do
  [[ ! -x $R/bin/$b ]] || echo "${b^^}=$R/bin/$b"
done
