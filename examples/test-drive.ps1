<#
.SYNOPSIS
    A test-drive of Restore-EtcdCluster: a cluster of three is destroyed and brought back, on this machine, in under a minute.
.DESCRIPTION
    Starts three real etcd members on loopback, in a temporary folder, fills them, backs them up, destroys them (one data directory is deleted, one is
    overwritten, one is left behind by a killed process), and restores the cluster as a plan says, with a business check at the end. An estate and a plan
    are written for it: look at them to write your own. Nothing outside the temporary folder is touched, and nothing keeps running.
    Needs Linux and an etcd program (Debian: apt-get install etcd-server). Runs in pwsh and in drps.
.EXAMPLE
    ./examples/test-drive.ps1
.EXAMPLE
    ./examples/test-drive.ps1 -EtcdPath /opt/etcd/etcd
#>
[CmdletBinding()]
param(
    # The etcd program, or the folder that holds it. Without it etcd is looked for on PATH.
    [string] $EtcdPath
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Restore-EtcdCluster -ErrorAction Ignore)) {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'out', 'DrPowerShell'))
}

$etcd = if (-not $EtcdPath) { (Get-Command etcd -CommandType Application -ErrorAction Ignore)?.Source }
elseif ([System.IO.Directory]::Exists($EtcdPath)) { [System.IO.Path]::Combine($EtcdPath, 'etcd') }
else { $EtcdPath }
if (-not $etcd) { throw 'There is no etcd program on the PATH: install one (Debian: apt-get install etcd-server), or name one with -EtcdPath.' }

function Save([string] $Path, [string] $Text) {
    [System.IO.File]::WriteAllText($Path, $Text)
    # Whoever could write an estate or a plan would decide what runs.
    [System.IO.File]::SetUnixFileMode($Path, 'UserRead, UserWrite')
}

function Act([string] $Member, [string] $Script) {
    $process = [System.Diagnostics.Process]::Start('/bin/sh', [System.IO.Path]::Combine($folder, $Member, $Script))
    $process.WaitForExit()
    if ($process.ExitCode -ne 0) { throw "$Member/$Script ended with $($process.ExitCode)." }
}

function Wait-Cluster {
    $deadline = [DateTime]::UtcNow.AddSeconds(60)
    while ($true) {
        try { Get-EtcdKey -Endpoint $endpoints -Prefix / -First 1 | Out-Null; return }
        catch { if ([DateTime]::UtcNow -gt $deadline) { throw } }
        [System.Threading.Thread]::Sleep(200)
    }
}

$folder = [System.IO.Directory]::CreateTempSubdirectory('drps-test-drive-').FullName
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$names = 'm1', 'm2', 'm3'

# Six ports that nobody has.
$listeners = 1..6 | ForEach-Object { $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0); $listener.Start(); $listener }
$ports = @($listeners | ForEach-Object { $_.LocalEndpoint.Port })
$listeners | ForEach-Object { $_.Stop() }
$endpoints = @(0..2 | ForEach-Object { "http://127.0.0.1:$($ports[$_])" })
$cluster = (0..2 | ForEach-Object { "$($names[$_])=http://127.0.0.1:$($ports[$_ + 3])" }) -join ','

try {
    '1. Three members on this machine, each with a configuration file, a data directory, and commands that start and stop it.'
    $members = foreach ($i in 0..2) {
        $name = $names[$i]
        $home_ = [System.IO.Directory]::CreateDirectory([System.IO.Path]::Combine($folder, $name)).FullName
        Save "$home_/etcd.yaml" @"
# The configuration of $name. Comments survive a restore.
name: $name
data-dir: $home_/data
listen-client-urls: $($endpoints[$i])
advertise-client-urls: $($endpoints[$i])
listen-peer-urls: http://127.0.0.1:$($ports[$i + 3])
initial-advertise-peer-urls: http://127.0.0.1:$($ports[$i + 3])
initial-cluster: $cluster
initial-cluster-state: new
initial-cluster-token: test-drive
"@
        $alive = "[ -f $home_/pid ] && p=`$(cat $home_/pid) && [ -d /proc/`$p ] && ! grep -q '^State:.*Z' /proc/`$p/status"
        $gone = "n=0; while $alive; do n=`$((n+1)); [ `$n -gt 100 ] && kill -9 `$p 2>/dev/null; [ `$n -gt 150 ] && exit 1; sleep 0.1; done; rm -f $home_/pid; exit 0"
        Save "$home_/status.sh" "if $alive; then exit 0; else exit 3; fi`n"
        Save "$home_/start.sh" "$alive && exit 0`nsetsid '$etcd' --config-file $home_/etcd.yaml >>$home_/etcd.log 2>&1 </dev/null &`necho `$! >$home_/pid.new && mv $home_/pid.new $home_/pid`n"
        Save "$home_/stop.sh" "$alive || exit 0`nkill `$p`n$gone`n"
        Save "$home_/kill.sh" "$alive || exit 0`nkill -9 `$p`n$gone`n"
        @"
      ${name}:
        host: host-$name
        configuration: $home_/etcd.yaml
        service: { type: command, name: etcd-$name, start: /bin/sh $home_/start.sh, stop: /bin/sh $home_/stop.sh, status: /bin/sh $home_/status.sh }
"@
    }

    Save "$folder/estate.yaml" @"
hosts:
$(($names | ForEach-Object { "  host-${_}: { type: local }" }) -join "`n")
repositories:
  backups: { uri: file://$folder/backups }
clusters:
  shop:
    endpoints: [$($endpoints -join ', ')]
    repository: backups
    rto: 10m
    rpo: 1h
    members:
$($members -join "`n")
"@
    Save "$folder/check.ps1" @'
param([Parameter(Mandatory)] [string] $Endpoint, [int] $Orders)
$found = @(Get-EtcdKey -Endpoint $Endpoint -Prefix /shop/orders/).Count
if ($found -lt $Orders) { throw "$found orders, and there were $Orders." }
"$found orders"
'@
    Save "$folder/restore.yaml" @"
cluster: shop
checks:
  - { name: port, type: tcp, host: 127.0.0.1, port: $($ports[0]) }
  - { name: newest-order, type: etcd-key, key: /shop/orders/1110, pattern: '"total"' }
  - { name: all-orders, type: script, script: check.ps1, parameters: { Endpoint: '$($endpoints[1])', Orders: 110 } }
"@
    [System.IO.Directory]::CreateDirectory("$folder/backups") | Out-Null
    $names | ForEach-Object { Act $_ start.sh }
    Wait-Cluster
    $null = Connect-EtcdCluster -Name shop -Endpoint $endpoints
    "   $((Get-EtcdCluster -Cluster shop).Members.Count) members answer"

    ''
    '2. 100 orders of a shop are written and backed up; then 10 more come in.'
    function Order([int] $Number) { [pscustomobject]@{ Key = "/shop/orders/$Number"; Value = "{`"customer`": $($Number * 7), `"total`": $($Number % 90)}" } }
    1001..1100 | ForEach-Object { Order $_ } | Set-EtcdKey -Cluster shop -Confirm:$false | Out-Null
    Backup-EtcdSnapshot -Cluster shop -Repository backups -Estate "$folder/estate.yaml" | Out-Default
    1101..1110 | ForEach-Object { Order $_ } | Set-EtcdKey -Cluster shop -Confirm:$false | Out-Null
    $before = @(Get-EtcdKey -Cluster shop -Prefix /shop/)
    # etcd writes its database every 100 ms; what only its log holds when it dies is counted by the plan, and not restored.
    [System.Threading.Thread]::Sleep(1000)

    '3. Disaster: all three are killed. The data of m1 is deleted, that of m2 is overwritten; that of m3 is left.'
    $outage = [DateTimeOffset]::UtcNow
    $names | ForEach-Object { Act $_ kill.sh }
    [System.IO.Directory]::Delete("$folder/m1/data", $true)
    $database = [System.IO.FileInfo]"$folder/m2/data/member/snap/db"
    [System.IO.File]::WriteAllBytes($database.FullName, [byte[]]::new($database.Length))

    ''
    '4. What would a restore do? The plan takes what loses least, and nothing is touched yet.'
    Get-RecoveryPlan -Plan "$folder/restore.yaml" -Estate "$folder/estate.yaml" -JournalDirectory "$folder/runs" | Out-Default

    '5. Restore the cluster.'
    $run = Restore-EtcdCluster -Plan "$folder/restore.yaml" -Estate "$folder/estate.yaml" -JournalDirectory "$folder/runs" -OutageStart $outage -Confirm:$false
    "   $($run.Id): $($run.Result) after $([math]::Round($run.Rto.TotalSeconds, 1)) s of at most $($run.RtoTarget.TotalMinutes) min, lost: $($run.Loss)"
    foreach ($finding in $run.Findings) { "   $($finding.Severity): $($finding.Text)" }

    ''
    '6. Is everything back?'
    $after = @(Get-EtcdKey -Cluster shop -Prefix /shop/)
    $same = 0
    for ($i = 0; $i -lt $before.Count; $i++) {
        if ($after[$i].Key -ceq $before[$i].Key -and $after[$i].Value -ceq $before[$i].Value) { $same++ }
    }

    "   $same of $($before.Count) keys are back, value for value; the backup had 100 of them."
    if ($same -ne $before.Count) { throw 'Keys are missing.' }
    foreach ($step in $run.Steps | Where-Object Phase -EQ Verify) { "   $($step.Step): $($step.Text)" }
    "   The old data lies beside the new: $([System.IO.Path]::GetFileName([System.IO.Directory]::GetDirectories("$folder/m2", '*.parked-*')[0]))"

    if (Get-Command Export-RecoveryReport -ErrorAction Ignore) {
        ''
        '7. The report, as auditors get it (its beginning):'
        $run | Export-RecoveryReport -Path "$folder/report.md" | Out-Null
        [System.IO.File]::ReadAllLines("$folder/report.md")[0..24]
    }

    ''
    "Done in $([math]::Round($clock.Elapsed.TotalSeconds, 1)) s. Everything that ran is stopped again, and nothing is left behind."
}
finally {
    # By its name: nothing is open where it failed early, and what failed must be told and not this.
    Disconnect-EtcdCluster shop -ErrorAction Ignore -Confirm:$false
    $names | ForEach-Object { if ([System.IO.File]::Exists("$folder/$_/kill.sh")) { Act $_ kill.sh } }
    [System.IO.Directory]::Delete($folder, $true)
}
