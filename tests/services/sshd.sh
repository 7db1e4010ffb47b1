#!/bin/bash
# sshd.sh install|start|stop [NAME]: an OpenSSH server (shell and SFTP) on loopback for the current user, with keys, a certificate authority
# and known_hosts files made for it. A NAME each gives several servers. Needs openssh-server; as root also the empty folder /run/sshd.
# SSHD_PORT: else a free port. SSHD_PASSWORD=1: as root, lets in the user that `user` made, by password. SSHD_FOLDER: chroot there (root).
# SSHD_SFTP: arguments of internal-sftp (-R: read-only). stop ends its sessions too. `user`, `nouser`: makes a login drsftp-NAME with a random
# password, printed as SSH_USER and SSH_PASSWORD, and removes it. SSHD_ENTER: words to start sshd with, as systemd.sh prints them.
# SSHD_LOGINS: kinds of users that exist for as long as the server, each let in by the keys and printed as SSH_LOGIN_KIND: plain (no rights),
# sudo (becomes root unasked), asks (sudo wants a password), noisy (its shell's start-up files print), nologin. SSHD_MORE: lines of sshd_config.
. "$(dirname "$0")/lib.sh"
start() {
  local p keys=() k bits auth=no
  install
  port p "${SSHD_PORT:-}"
  ((EUID)) || mkdir -p -m 755 /run/sshd # compiled into sshd, empty: the one place outside DR_SERVICES
  for k in ed25519 ecdsa rsa; do
    bits=()
    [[ $k != rsa ]] || bits=(-b 2048) # larger ones take seconds to find
    ssh-keygen -q -t $k "${bits[@]}" -N '' -C dr-host -f "$D/host_$k"
    keys+=("HostKey $D/host_$k")
  done
  ssh-keygen -q -t ed25519 -N '' -C dr-ca -f "$D/ca"
  ssh-keygen -q -t ed25519 -N '' -C dr-client -f "$D/id"
  ssh-keygen -q -t ed25519 -N "$(secret | tee "$D/passphrase")" -C dr-encrypted -f "$D/id_encrypted"
  ssh-keygen -q -t ed25519 -N '' -C dr-certified -f "$D/id_certified"
  ssh-keygen -q -s "$D/ca" -I dr-certified -n "$(id -un),drsftp-$NAME" -V -1h:+1d "$D/id_certified.pub"
  ssh-keygen -q -s "$D/ca" -h -I dr-host -n 127.0.0.1 -V -1h:+1d "$D/host_ed25519.pub"
  cat "$D/id.pub" "$D/id_encrypted.pub" >"$D/authorized"
  logins
  echo "[127.0.0.1]:$p $(cut -d' ' -f1,2 "$D/host_ed25519.pub")" >"$D/known_hosts"
  [[ ${SSHD_PASSWORD:-} != 1 ]] || auth=yes
  {
    printf '%s\n' "ListenAddress 127.0.0.1:$p" "${keys[@]}" "HostCertificate $D/host_ed25519-cert.pub" "AuthorizedKeysFile $D/authorized" \
      "TrustedUserCAKeys $D/ca.pub" "PidFile none" "StrictModes no" "UsePAM no" "PasswordAuthentication $auth" "KbdInteractiveAuthentication no" \
      "PermitRootLogin prohibit-password" "MaxStartups 100" "Subsystem sftp internal-sftp ${SSHD_SFTP:-}"
    printf '%s' "${SSHD_MORE:-}"
    echo "SetEnv SHLVL=2" # bash then leaves out the start-up files of this machine's root
    [[ ! ${SSHD_FOLDER:-} ]] || printf '%s\n' "ChrootDirectory $SSHD_FOLDER" "ForceCommand internal-sftp ${SSHD_SFTP:-}"
    printf '%s\n' "Match User drssh-*-noisy" "SetEnv SHLVL=0"
  } >"$D/sshd_config"
  spawn sshd ${SSHD_ENTER:-} "$(command -v sshd)" -D -e -f "$D/sshd_config"
  until_true 20 listening "$p" || die "does not listen"
  emit SSH_HOST 127.0.0.1 SSH_PORT "$p" SSH_USER "$(id -un)" SSH_FOLDER "$D" SSH_KEY "$D/id" SSH_KNOWN_HOSTS "$D/known_hosts" \
    SSH_HOST_KEY_SHA256 "$(ssh-keygen -lf "$D/host_ed25519.pub" | cut -d' ' -f2)"
}
stop() {
  local p s
  # nsenter passes no signal on to what it has started, and ends after it.
  if alive sshd && read -r p s <"$D/sshd.proc" && [[ $(<"/proc/$p/comm") == nsenter ]]; then pkill -TERM -P "$p" || true; fi
  end sshd
  no_logins
}
login() { echo "drssh-$NAME-$1"; }
# useradd and its like do not wait for one another
alone() { flock "$DR_SERVICES/users.lock" "$@" 9>&-; }
logins() {
  local kind home shell
  for kind in ${SSHD_LOGINS:-}; do
    ((EUID == 0)) || die "only root makes users"
    home=$D/home-$kind shell=/bin/sh
    case $kind in
      nologin) shell=/usr/sbin/nologin ;;
      noisy) shell=/bin/bash ;;
    esac
    mkdir -m 755 "$home"
    alone useradd --system --no-create-home --home-dir "$home" --shell "$shell" "$(login "$kind")"
    echo "$(login "$kind")" >>"$D/logins"
    alone usermod -p '*' "$(login "$kind")" # no password, and not locked
    case $kind in
      noisy) printf '%s\n' 'echo "Welcome to $(uname -n)!"' 'echo "disk 91% full" >&2' | tee "$home/.bashrc" >"$home/.profile" ;;
      sudo | asks) need sudo sudo && sudoers "$kind" ;;
    esac
    chown -R "$(login "$kind"):" "$home"
    emit "SSH_LOGIN_${kind^^}" "$(login "$kind")"
  done
}
# in place at once and whole: sudo reads every file there, whoever calls it
sudoers() {
  local tag=NOPASSWD
  [[ $1 == sudo ]] || tag=PASSWD
  (umask 337; echo "$(login "$1") ALL=(ALL:ALL) $tag: ALL" >"/etc/sudoers.d/.$(login "$1")")
  mv "/etc/sudoers.d/.$(login "$1")" "/etc/sudoers.d/$(login "$1")"
}
no_logins() {
  local user
  [[ -s $D/logins ]] || return 0
  while read -r user; do
    rm -f "/etc/sudoers.d/$user"
    pkill -KILL -u "$user" || true
    ! id "$user" >/dev/null 2>&1 || until_true 5 alone userdel "$user" || alone userdel -f "$user"
  done <"$D/logins"
  rm -f "$D/logins"
}
install() { need sshd openssh-server && need ssh-keygen openssh-client; }
NAME=${2:-host}
case ${1:-} in
  install) install ;;
  user)
    ((EUID == 0)) || die "only root makes users"
    useradd --system --no-create-home --home-dir / --shell /bin/sh "drsftp-$NAME"
    password=$(secret)
    chpasswd <<<"drsftp-$NAME:$password"
    printf 'SSH_USER=%s\nSSH_PASSWORD=%s\n' "drsftp-$NAME" "$password" ;;
  nouser) ! id "drsftp-$NAME" >/dev/null 2>&1 || userdel "drsftp-$NAME" ;;
  *) service "sshd-$NAME" "${1:-}" ;;
esac
