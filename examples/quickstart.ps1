<#
.SYNOPSIS
    The whole idea in under a minute: a cluster loses its keys, and gets them back from a proven snapshot.
.DESCRIPTION
    Starts a real etcd of its own on loopback, writes sample keys, backs them up, proves the backup, deletes the keys, restores them into a new
    cluster, and shows that every key is back. Nothing outside a temporary folder is touched, and nothing keeps running.
    Where there is no etcd program, the sample snapshot that comes with the examples is proven and restored instead; only the start of the new
    cluster is left out then.
    Runs in pwsh and in drps.
.EXAMPLE
    ./examples/quickstart.ps1
.EXAMPLE
    ./examples/quickstart.ps1 -EtcdPath /opt/etcd/etcd
#>
[CmdletBinding()]
param(
    # The etcd program, or the folder that holds it. Without it etcd is looked for on PATH.
    [string] $EtcdPath
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Backup-EtcdSnapshot -ErrorAction Ignore)) {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'out', 'DrPowerShell'))
}

$etcd = @{}
if ($EtcdPath) { $etcd.EtcdPath = $EtcdPath }
$folder = [System.IO.Directory]::CreateTempSubdirectory('drps-quickstart-').FullName
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$cluster = $null
$recovered = $null

try {
    try {
        '1. Start a cluster: one real etcd member, on loopback, behind one-time certificates.'
        $cluster = Start-EtcdSandbox @etcd -Name quickstart
        "   etcd $($cluster.Version) answers at $($cluster.Endpoints.Authority)"
    }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'EtcdBinaryNotFound*') { throw }
        "   $($_.Exception.Message)"
        '   Going on with the sample snapshot that comes with the examples.'
    }

    if ($cluster) {
        ''
        '2. Write 100 orders of a shop.'
        1..100 | ForEach-Object { [pscustomobject]@{ Key = "/shop/orders/$(1000 + $_)"; Value = "{`"customer`": $($_ * 7), `"total`": $($_ * 19)}" } } |
            Set-EtcdKey -Cluster $cluster -Confirm:$false | Out-Null
        $before = @(Get-EtcdKey -Cluster $cluster -Prefix /shop/)
        "   $($before.Count) keys, at revision $($before[-1].ModRevision)"

        ''
        '3. Back it up. The file gets its name only when it is proven.'
        $snapshot = Backup-EtcdSnapshot -Cluster $cluster -Path ([System.IO.Path]::Combine($folder, 'shop.db'))
        $snapshot | Out-Default
    }
    else {
        ''
        '2.-3. Take the sample snapshot.'
        $snapshot = Get-EtcdSnapshot ([System.IO.Path]::Combine($PSScriptRoot, 'data', 'sample.db'))
        $before = @(Get-EtcdSnapshotKey $snapshot.Path -Prefix /shop/)
        $snapshot | Out-Default
    }

    '4. Prove it again, as you would a year later: digest, page structure, every row.'
    $proof = $snapshot | Test-EtcdSnapshot -Level Full
    $proof | Out-Default
    if (-not $proof.IsValid) { throw "The snapshot is damaged: $($proof.Findings[0].Text)" }

    if ($cluster) {
        '5. Disaster: every order is deleted.'
        $removed = Remove-EtcdKey -Cluster $cluster -Prefix /shop/ -Confirm:$false
        "   $($removed.Count) keys deleted, $(@(Get-EtcdKey -Cluster $cluster -Prefix /shop/).Count) left"
        '   What the snapshot would bring back:'
        Compare-EtcdSnapshot $snapshot.Path -Cluster $cluster -Prefix /shop/ | Where-Object { $_.Change -eq 'Removed' -and $_.Key -like '*/100?' } | Out-Default
    }

    '6. Restore the data directories of a new cluster of three, from one read. No etcdutl needed.'
    $restored = $proof | Restore-EtcdSnapshot -DataDirectory ([System.IO.Path]::Combine($folder, '{member}.etcd')) -InitialCluster 'm1=http://127.0.0.1:2380,m2=http://127.0.0.1:2382,m3=http://127.0.0.1:2384' -ClusterToken recovered -BumpRevision Auto -Confirm:$false
    $restored | Out-Default

    if (-not $cluster) {
        'There is no etcd program here, so this ends with the restored data directories. To see a new cluster start from them, install etcd'
        "(Debian: apt-get install etcd-server) and run this again. Took $([math]::Round($clock.Elapsed.TotalSeconds, 1)) s."
        return
    }

    '7. Start a new cluster of three from the snapshot and look whether every order is back.'
    $recovered = Start-EtcdSandbox @etcd -Name recovered -MemberCount 3 -Path $snapshot.Path
    $after = @(Get-EtcdKey -Cluster $recovered -Prefix /shop/)
    $same = 0
    for ($i = 0; $i -lt $before.Count; $i++) {
        if ($after[$i].Key -ceq $before[$i].Key -and $after[$i].Value -ceq $before[$i].Value) { $same++ }
    }

    "   $same of $($before.Count) keys are back, value for value."
    if ($same -ne $before.Count) { throw 'Keys are missing.' }
    ''
    "Done in $([math]::Round($clock.Elapsed.TotalSeconds, 1)) s. Everything that ran is stopped again, and nothing is left behind."
}
finally {
    if ($recovered) { Stop-EtcdSandbox $recovered -Confirm:$false | Out-Null }
    if ($cluster) { Stop-EtcdSandbox $cluster -Confirm:$false | Out-Null }
    [System.IO.Directory]::Delete($folder, $true)
}
