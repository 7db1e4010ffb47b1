namespace DrPowerShell.Core.Hosts;

/// <summary>
/// What is run on a host by /bin/sh; $1 and so on are the arguments. Exit code 3: it is not there; 4: the name is taken; 5: another file system.
/// </summary>
internal static class HostScripts
{
    /// <summary>What a command that runs as root says first on its error stream: without it sudo has refused.</summary>
    public const string RootMark = "drpowershell-root\n";

    /// <summary>Runs its arguments as a program, once that is said.</summary>
    public const string AsRoot = "echo drpowershell-root >&2; exec \"$@\"";

    /// <summary>What each script begins with: the words of its programs are read here. (Not by env, which would be one more program to start.)</summary>
    public const string Locale = "LC_ALL=C; export LC_ALL\n";

    // What may not be looked at is not missing: [ -e ] does not tell the difference, but starts no program. A link that leads nowhere is there.
    private const string Have = """
        have() {
          if [ -e "$1" ] || [ -L "$1" ]; then return 0; fi
          if e=$(find "$1" -maxdepth 0 2>&1 >/dev/null); then return 0; fi
          case $e in *'No such file'* | *'Not a directory'*) return 1 ;; esac
          printf '%s\n' "$e" >&2
          exit 1
        }

        """;

    // A name may hold anything but this one byte. Without SELinux there is no label to ask for.
    private const string Entry = """
        l='?'
        [ -e /sys/fs/selinux/enforce ] && l=%Z
        f="%y|%s|%T@|%m|%U|%G|%u|%g|$l|%p\0"

        """;

    // A link is a name for a file that others keep somewhere: the file is what changes. A name that begins with a dot is read by no kubelet.
    private const string Beside = """
        p=$1
        if [ -L "$1" ]; then p=$(readlink -f -- "$1" && echo x); p=${p%?x}; fi
        d=${p%/*}
        d=${d:-/}
        t="$d/.${p##*/}.part-$part"
        trap 'rm -f -- "$t"' EXIT
        trap 'exit 1' HUP INT TERM PIPE

        """;

    // A connection that breaks looks like the end of the input.
    private const string Whole = """
        [ "$(stat -c %s -- "$t")" = "$size" ] || { echo 'it arrived in part only' >&2; exit 1; }

        """;

    public const string Facts = """
        b=; [ ! -r /proc/sys/kernel/random/boot_id ] || read -r b < /proc/sys/kernel/random/boot_id; echo "$b"; id -u; id -un; uname -srm; hostname 2>/dev/null || uname -n; date +%s.%N
        """;

    public const string Find = Have + Entry + """
        have "$1" || exit 3
        find "$1" -maxdepth 0 -printf "$f"
        """;

    public const string List = Have + Entry + """
        have "$1/." || exit 3
        find -H "$1" -ignore_readdir_race -mindepth 1 -maxdepth 1 -printf "$f"
        """;

    // Of a pipe or a device no end would ever come.
    public const string Read = Have + """
        have "$1" || exit 3
        [ -f "$1" ] || { echo "it is no file" >&2; exit 1; }
        head -c "$2" -- "$1"
        """;

    public const string Cat = Have + """
        have "$1" || exit 3
        [ -f "$1" ] || { echo "it is no file" >&2; exit 1; }
        cat -- "$1"
        """;

    // The new file has its owner and mode before anybody can see it under its name.
    public const string Write = """
        set -e
        umask 077
        size=$5 part=$6

        """ + Beside + """
        cat > "$t"

        """ + Whole + """
        if [ -e "$p" ] && [ -z "$2$3" ]; then chown --reference="$p" -- "$t"; chmod --reference="$p" -- "$t"; fi
        if [ -n "$2" ]; then chown -- "$2" "$t"; fi
        if [ -n "$3" ]; then chmod "$3" -- "$t"; elif [ ! -e "$p" ]; then chmod 644 -- "$t"; fi
        if [ -n "$4" ]; then chcon -- "$4" "$t"; elif [ -e "$p" ]; then chcon --reference="$p" -- "$t" 2>/dev/null || :; fi
        sync -- "$t"
        mv -fT -- "$t" "$p"
        sync -- "$d"
        """;

    // A link is made exclusively by the kernel, and what it names is whole already.
    public const string Create = """
        set -e
        umask 077
        size=$2 part=$3
        if [ -e "$1" ] || [ -L "$1" ]; then exit 4; fi

        """ + Beside + """
        cat > "$t"

        """ + Whole + """
        sync -- "$t"
        if ! ln -T -- "$t" "$1" 2>/dev/null; then
          if [ -e "$1" ] || [ -L "$1" ]; then exit 4; fi
          ln -T -- "$t" "$1"
        fi
        sync -- "$d"
        """;

    public const string CreateDirectory = """
        set -e
        [ -d "$1" ] && exit 0
        mkdir -p -- "$1"
        if [ -n "$2" ]; then chown -- "$2" "$1"; fi
        if [ -n "$3" ]; then chmod "$3" -- "$1"; fi
        if [ -n "$4" ]; then chcon -- "$4" "$1"; fi
        sync -- "${1%/*}/"
        """;

    // mv copies where it cannot rename, and keeps quiet where it does not overwrite: neither must happen unseen. The kernel renames across no
    // mount, not even where the device is the same.
    public const string Move = Have + """
        set -e
        have "$1" || exit 3
        if have "$2"; then exit 4; fi
        from=${1%/*}/ to=${2%/*}/
        [ -d "$to" ] || { echo "there is no folder $to" >&2; exit 1; }
        # Somebody else may move it while it is looked at.
        other() { have "$1" || exit 3; if have "$2"; then exit 4; fi; exit 5; }
        [ "$(stat -c %d -- "$1" 2>/dev/null)" = "$(stat -c %d -- "$to")" ] || other "$1" "$2"
        if command -v findmnt >/dev/null; then
          one=$1
          if [ -L "$1" ]; then one=$from; fi
          [ "$(findmnt -nro TARGET -T "$one")" = "$(findmnt -nro TARGET -T "$to")" ] || other "$1" "$2"
        fi
        s=0
        mv -nT -- "$1" "$2" || s=$?
        if have "$1"; then
          if have "$2"; then exit 4; fi
          exit "$((s ? s : 1))"
        fi
        [ "$s" = 0 ] || exit 3
        sync -- "$from" "$to"
        """;

    public const string Remove = Have + """
        set -e
        have "$1" || exit 0
        if mountpoint -q -- "$1" 2>/dev/null; then echo "$1 is a mount point" >&2; exit 1; fi
        rm -rf --one-file-system -- "$1"
        sync -- "${1%/*}/"
        """;

    public const string SetAttributes = """
        set -e
        if [ -n "$2" ]; then chown -R -- "$2" "$1"; fi
        if [ -n "$3" ]; then chmod "$3" -- "$1"; fi
        if [ -n "$4" ]; then chcon -R -- "$4" "$1"; fi
        sync -- "$1"
        """;

    public const string MakePart = """
        umask 077
        mkdir -- "$1"
        """;

    // Blocks of zeros become holes, as they were in the database that is sent: a page there is 4 KiB. dd makes the file as long as what it read.
    public const string Receive = """
        set -e
        umask 077
        dd "of=$1" ibs=1M obs=4k iflag=fullblock conv=sparse status=none
        [ "$(stat -c %s -- "$1")" = "$2" ] || { echo 'it arrived in part only' >&2; exit 1; }
        """;

    public const string SyncTree = """
        find "$1" -exec sync -- {} +
        """;

    // openssl takes a third of the time where the processor computes SHA-256 itself, and is asked first whether it does: not every machine has it, and
    // it writes names as they are. Those that would not stay on their line are sha256sum's, which escapes them.
    public const string Digests = Have + """
        have "$1" || exit 3
        if [ -d "$1" ] && ! [ -x "$1" ]; then echo "$1: Permission denied" >&2; exit 1; fi
        o=$(openssl dgst -sha256 -r </dev/null 2>/dev/null) || o=
        case $o in e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\ *) fast=1 ;; *) fast= ;; esac
        if [ -d "$1" ]; then
          cd "$1" || exit 1
          if [ -z "$fast" ]; then find . -type f -exec sha256sum -- {} +; exit; fi
          find . -type f \( -name '*[\\
        ]*' -exec sha256sum -- {} + -o -exec openssl dgst -sha256 -r {} + \)
        elif [ -n "$fast" ]; then openssl dgst -sha256 -r < "$1"; else sha256sum < "$1"; fi
        """;

    // Sources and mount points may hold blanks: each is the last on its line, below a headline.
    public const string Volume = """
        p="$1"
        while [ ! -e "$p" ] && [ "$p" != / ] && [ -n "$p" ]; do p=$(dirname -- "$p"); done
        df -B1 --output=fstype,avail,size,target -- "$p" && df --output=source -- "$p"
        """;

    // Names of users are cut to 8 characters where no width is told.
    public const string Processes = "ps -ww -eo pid=,ppid=,user:64=,args=";

    public const string Listening = "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null";

    // By session and by descent: a program may have made itself a session. All are stopped before any is ended, because what is stopped neither forks
    // nor dies and leaves children that nobody can tell any more. At first in a way that lets our own scripts take away what they have begun.
    // Of a session that is ended over another connection $2 and $3 tell when its leader began and in which boot: its number may have gone to another
    // since. (While one process of it is left the kernel gives the number to nobody.)
    public const string EndSession = """
        s=$1 all=
        if [ -n "$2" ]; then
          read -r b < /proc/sys/kernel/random/boot_id
          [ "$b" = "$3" ] || exit 0
          if read -r t 2>/dev/null < "/proc/$s/stat"; then
            begun() { set -- ${t##*) }; t=${20}; }
            begun
            [ "$t" = "$2" ] || exit 0
          fi
        fi
        look() {
          ps -eo pid=,ppid=,sid=,stat= | awk -v s="$s" -v all="$all" -v state="$1" '
            BEGIN { k = split(all, a, " "); for (i = 1; i <= k; i++) found[a[i]] = 1 }
            { up[$1] = $2; in_it[$1] = ($3 == s || $1 == s || $1 in found); wanted[$1] = ($4 ~ "^[^" state "]") }
            END { for (p in up) if (wanted[p]) for (q = p; q in up && q > 1; q = up[q]) if (in_it[q]) { printf "%s ", p; break } }'
        }
        freeze() {
          n=0
          while new=$(look TtXZ) && [ -n "$new" ] && [ $n -lt 20 ]; do
            all="$all $new"
            kill -STOP $new 2>/dev/null
            n=$((n + 1))
          done
          # What was stopped before, by whomever, belongs to it too.
          all="$all $(look XZ)"
        }
        gone() {
          n=0
          while [ -n "$(look XZ)" ]; do
            [ $n -lt "$1" ] || return 1
            n=$((n + 1))
            sleep 0.05
          done
        }
        freeze
        kill -TERM $all 2>/dev/null
        kill -CONT $all 2>/dev/null
        gone 10 && exit
        freeze
        kill -KILL $all 2>/dev/null
        gone 50
        """;
}
