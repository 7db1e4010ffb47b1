#!/bin/bash
# tests/run.sh [NAME...] [-- XUNIT OPTION...]: builds everything and runs every test project, or only those named (Etcd, Core, Host, ...).
# Needs the .NET SDK 10 and apt; it installs the real servers that the tests run against where they are missing (under .services, Ceph by
# apt-get as root, unless DR_INSTALL=0).
# The tests of Etcd and Core run on .NET 10 and, self-contained, on .NET 8. Results lie in out/tests. Environment: DR_NET8=0 leaves .NET 8
# out, DR_ETCD36=FOLDER adds an etcd 3.6 (etcd, etcdctl, etcdutl) of your own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD results=$PWD/out/tests
net8_runtime=8.0.33 # named, so that the restore takes a runtime pack that NuGet has and not the newest that the SDK knows of
net8_projects=" Etcd Core "
# What runs other programs most of the time learns nothing from a second runtime.
net8_without=(-class- "DrPowerShell.Core.Tests.Restores.*" -class- "DrPowerShell.Core.Tests.Hosts.*" -class- "DrPowerShell.Core.Tests.Services.*"
  -class- "DrPowerShell.Core.Tests.Checks.*" -class- "DrPowerShell.Core.Tests.Reports.*"
  -class- "DrPowerShell.Etcd.Tests.Snapshots.Restore.RestoreBootTests" -class- "DrPowerShell.Etcd.Tests.Snapshots.Restore.RestoreKillTests")
time_limit=50m
waiting_projects=" Core Providers " # their tests wait for servers more than they compute

names=()
while (($#)) && [[ $1 != -- ]]; do names+=("$1"); shift; done
if (($#)); then shift; fi
options=("$@")
if ((${#names[@]} == 0)); then
  for project in tests/DrPowerShell.*.Tests; do
    name=${project#tests/DrPowerShell.}
    names+=("${name%.Tests}")
  done
fi

passed=0 failed=0 skipped=0 table=()
die() { printf 'tests/run.sh: %s\n' "$*" >&2; exit 1; }
headline() { printf '\n== %s\n' "$*"; }

# account TITLE STATUS FILE SECONDS ALONE: adds up one project's result file; a project that crashed or ran no test counts as one failure.
# ALONE: 1 where all that failed have passed when they ran alone.
account() {
  local title=$1 status=$2 file=$3 alone=$5 p=0 f=0 s=0 e=0 note= word=failed assembly
  number() { sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<<"$assembly"; }
  if [[ -s $file ]] && grep -q '</assemblies>' "$file"; then
    assembly=$(grep -oE '<assembly [^>]*>' "$file" | head -n 1)
    p=$(number passed) f=$(number failed) s=$(number skipped) e=$(number errors)
    f=$((f + e))
    if ((alone)); then note="$f of them alone only" word='failed beside the others, passed alone' p=$((p + f)) f=0 status=0; fi
    if ((p + f == 0)); then f=1 note='ran no test'; fi
    if ((status != 0 && f == 0)); then f=1 note="exited with $status"; fi
  elif ((status == 124 || status == 137)); then
    f=1 note="did not end within $time_limit"
  else
    f=1 note="crashed, exit code $status"
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  table+=("$(printf '%-22s %6d passed %4d failed %4d skipped %5ds  %s' "$title" "$p" "$f" "$s" "$4" "$note")")
  if ((e + f + alone)) && [[ -s $file ]]; then
    mapfile -t -O ${#table[@]} table < <(grep -oE '<test [^>]*result="Fail"' "$file" | sed -E "s/.* name=\"([^\"]*)\".*/  $word: \\1/")
  fi
}

# tell_failures: what each failed test said, once more and in one place; the whole of it is in the result files
tell_failures() {
  local file
  for file in "$results"/*.xml; do
    grep -q 'result="Fail"' "$file" || continue
    sed -E 's/<(test |\/test>|message>|stack-trace>)/\n&/g; s/<\/(message|stack-trace)>/\n&/g' "$file" | awk '
      /^<test / { failed = / result="Fail"/; name = $0; sub(/.* name="/, "", name); sub(/".*/, "", name); if (failed) printf "\n%s\n", name; lines = 0 }
      /^<(message|stack-trace)>/ { told = failed; sub(/^<[^>]*>/, ""); sub(/^<!\[CDATA\[/, "") }
      /^<\// { told = 0 }
      told && lines++ < 20 { sub(/\]\]>$/, ""); print "  " substr($0, 1, 240) }' | sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
  done
}

# again FILE: the options that run its failed tests once more; nothing where there are more than three, or something else went wrong
again() {
  local names
  [[ -s $1 ]] && grep -q '</assemblies>' "$1" && ! grep -oE '<assembly [^>]*>' "$1" | grep -qE ' errors="[1-9]' || return 0
  names=$(grep -oE '<test [^>]*result="Fail"[^>]*>' "$1" | sed -nE 's/.* type="([^"]*)".* method="([^"]*)".*/\1.\2/p' | sort -u)
  if [[ $names ]] && (($(grep -c . <<<"$names") <= 3)); then sed 's/^/-method\n/' <<<"$names"; fi
}

# left_over TAG: the processes that still carry the tag in their environment
left_over() {
  local file pid
  for file in $(grep -lzxF "DR_TEST_RUN=$1" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${file#/proc/} pid=${pid%/environ}
    [[ $(sed -E 's/.*\) (.).*/\1/' "/proc/$pid/stat" 2>/dev/null) == [XZ]* ]] || echo "$pid"
  done
}

# run TITLE PROGRAM [OPTION...]: runs one test executable, and holds it to leaving no process behind
run() {
  local title=$1 program=$2 file=$results/${1// /-}.xml tag=$$-${#table[@]} status=0 start=$SECONDS alone=0 took pids failures
  headline "$title"
  rm -f "$file"
  DR_TEST_RUN=$tag MSBUILDDISABLENODEREUSE=1 timeout --kill-after=30s "$time_limit" \
    "$program" -noLogo -noColor -longRunning 60 -xml "$file" "${@:3}" ${options[@]+"${options[@]}"} </dev/null || status=$?
  # Beside hundreds of others and their servers a test may miss a deadline that it keeps alone. One that fails twice has failed; one that fails once
  # is named in the summary, with what it said.
  mapfile -t failures < <(again "$file")
  if ((status && status != 124 && status != 137 && ${#failures[@]})); then
    headline "$title: what failed, alone"
    if DR_TEST_RUN=$tag MSBUILDDISABLENODEREUSE=1 timeout --kill-after=30s "$time_limit" \
      "$program" -noLogo -noColor -parallel none -xml "${file%.xml}-alone.xml" "${failures[@]}" </dev/null; then
      if grep -q 'result="Pass"' "${file%.xml}-alone.xml"; then alone=1; fi
    fi
  fi
  took=$((SECONDS - start))
  while pids=$(left_over "$tag"); [[ $pids ]] && ((SECONDS - start < took + 5)); do sleep .2; done
  account "$title" "$status" "$file" "$took" "$alone"
  if [[ $pids ]]; then
    failed=$((failed + 1))
    table+=("$title left processes behind: $(ps -o pid=,args= -p "${pids//$'\n'/,}" | cut -c1-150 | paste -sd ';')")
    kill -KILL $pids 2>/dev/null || true
  fi
}

command -v dotnet >/dev/null || die "no dotnet here: install the .NET SDK 10 first"
[[ $(dotnet --version) == 10.* ]] || die "the .NET SDK 10 is needed, this is $(dotnet --version)"
rm -rf "$results"
mkdir -p "$results"

headline "real servers"
export DR_INSTALL=${DR_INSTALL:-1} # apt-get installs what is missing, where this is root
for suite in bookworm sid; do
  bash tests/services/etcd.sh "$suite" || die "etcd from Debian $suite could not be installed: the tests need it"
done
bash tests/services/ceph.sh install || die "Ceph could not be installed: the tests of S3 need it"
bash tests/services/sshd.sh install || die "openssh-server could not be installed: the tests of SFTP need it"
bash tests/services/systemd.sh install || die "systemd could not be installed: the tests of hosts need it"
bash tests/services/bind.sh install || die "BIND could not be installed: the tests of business checks need it"
bash tests/services/postgres.sh install || die "PostgreSQL could not be installed: the tests of business checks need it"
bash tests/services/tools.sh || die "a program that the tests run could not be installed"

headline "build"
for name in "${names[@]}"; do [[ -d tests/DrPowerShell.$name.Tests ]] || die "no project tests/DrPowerShell.$name.Tests"; done
dotnet build DrPowerShell.sln -c Release -nologo -v quiet </dev/null || die "the build failed"

for name in "${names[@]}"; do
  threads=()
  if [[ $waiting_projects == *" $name "* ]]; then threads=(-maxThreads 1.5x); fi
  run "$name" "$root/tests/DrPowerShell.$name.Tests/bin/Release/net10.0/DrPowerShell.$name.Tests" ${threads[@]+"${threads[@]}"}
done

case $(uname -m) in x86_64) rid=linux-x64 ;; aarch64) rid=linux-arm64 ;; *) rid=linux-$(uname -m) ;; esac
for name in "${names[@]}"; do
  [[ ${DR_NET8:-1} == 1 && $net8_projects == *" $name "* ]] || continue
  project=DrPowerShell.$name.Tests
  headline "build $name for .NET 8"
  dotnet publish "tests/$project" -c Release -f net8.0 -r "$rid" --self-contained -o "out/net8/$project" -nologo -v quiet \
    -p:RuntimeFrameworkVersion=$net8_runtime -p:DisableTransitiveFrameworkReferenceDownloads=true </dev/null \
    || die "the .NET 8 build of $project failed"
  # What differs is the runtime, not etcd: one release will do.
  DR_ETCD_RELEASES=newest run "$name (.NET 8)" "$root/out/net8/$project/$project" "${net8_without[@]}"
done

printf '\n'
printf '%s\n' "${table[@]}"
tell_failures
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
