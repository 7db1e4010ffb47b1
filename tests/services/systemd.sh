#!/bin/bash
# systemd.sh install|start|stop|ctl|unit [NAME] ...: a real `systemd --system` with a journal, PID 1 of its own pid, mount, cgroup, ipc and uts
# namespace, named NAME. It knows only the units that are put into its /etc/systemd/system, which is empty at first and its own, as /run is:
# nothing that is enabled, masked or edited leaves a trace. Files, network and users are the machine's. Needs root, systemd, a cgroup2 mount.
# `ctl NAME start etcd` is systemctl inside; `unit NAME etcd.service` puts the unit there that it reads from standard input.
# SYSTEMD_ENTER is what other programs are started with to be inside: sshd.sh takes it as SSHD_ENTER.
. "$(dirname "$0")/lib.sh"
start() {
  local t cg here
  install
  ((EUID == 0)) || die "needs root"
  mkdir -p "$D/stubs"
  echo "$NAME" >"$D/hostname"
  # sudo looks its machine's name up, and would wait for a DNS server that does not know it.
  { cat /etc/hosts; echo "127.0.0.1 $NAME"; } >"$D/hosts"
  for t in default basic sysinit shutdown; do
    printf '[Unit]\nDescription=%s\nDefaultDependencies=no\nAllowIsolate=yes\n' $t >"$D/stubs/$t.target"
  done
  echo 'Wants=systemd-journald.socket' >>"$D/stubs/default.target"
  cp /lib/systemd/system/systemd-journald.socket "$D/stubs/"
  printf '%s\n' '[Unit]' 'DefaultDependencies=no' 'IgnoreOnIsolate=yes' '[Service]' 'Type=notify' 'ExecStart=/lib/systemd/systemd-journald' \
    'Sockets=systemd-journald.socket' 'StandardOutput=null' 'Restart=always' >"$D/stubs/systemd-journald.service"
  cg=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
  [[ $cg ]] || die "no cgroup2 mount"
  here=$(sed -n 's/^0:://p' /proc/self/cgroup)
  cg=${cg%/}${here%/}/dr-systemd-$NAME-$$
  mkdir "$cg"
  echo "$cg" >"$D/cgroup"
  # What the machine logs is not ours to read, and what systemd says is to be found in the journal, as anywhere.
  spawn systemd env -i PATH="$PATH" CG="$cg" STUBS="$D/stubs" HOSTNAME_FILE="$D/hostname" HOSTS_FILE="$D/hosts" bash -euc '
    echo $$ >"$CG/cgroup.procs"
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --cgroup --uts --ipc bash -euc "
      mount -t tmpfs -o mode=755 tmpfs /run
      mkdir -p /run/systemd/system /run/systemd/journald.conf.d /run/lock /run/sshd
      printf \"[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\nRateLimitBurst=0\n\" >/run/systemd/journald.conf.d/dr.conf
      mount -t tmpfs -o mode=755 tmpfs /etc/systemd/system
      umount -R -l /sys/fs/cgroup
      mount -t cgroup2 cgroup2 /sys/fs/cgroup
      mount --bind \$HOSTNAME_FILE /etc/hostname
      mount --bind \$HOSTS_FILE /etc/hosts
      export container=unshare SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/systemd/system:\$STUBS
      exec /lib/systemd/systemd --system --unit=default.target --log-target=journal --show-status=no"'
  until_true 20 ctl is-system-running --wait || until_true 5 ctl list-units || die "systemd does not answer"
  emit SYSTEMD_PID "$(pid1)" SYSTEMD_ENTER "$(enter)"
}
pid1() { local p s; read -r p s <"$D/systemd.proc" && pgrep -P "$p"; }
enter() { echo "nsenter --target $(pid1) --mount --pid --cgroup --uts --ipc --"; }
ctl() { $(enter) systemctl --no-pager "$@"; }
stop() {
  local p
  if alive systemd && p=$(pid1); then
    # The kernel ends everything in a pid namespace with its first process.
    kill -KILL "$p"
  fi
  end systemd
  [[ ! -s $D/cgroup ]] || until_true 5 prune "$(<"$D/cgroup")" || true
}
prune() { [[ ! -d $1 ]] || find "$1" -depth -type d -exec rmdir {} +; }
install() { need systemctl systemd && need nsenter util-linux; }
NAME=${2:-host}
D=$DR_SERVICES/systemd-$NAME
case ${1:-} in
  install) install ;;
  ctl) ctl "${@:3}" ;;
  unit)
    $(enter) sh -c 'mkdir -p "$(dirname "/etc/systemd/system/$1")" && cat >"/etc/systemd/system/$1"' - "$3"
    ctl daemon-reload ;;
  *) service "systemd-$NAME" "${1:-}" ;;
esac
