<#
.SYNOPSIS
    One night's work, step by step: back up a cluster, copy the backup to a second place, let old ones go, and check what is there.
.DESCRIPTION
    What Invoke-BackupSchedule does from one line of the estate, written out, for those who want to change a step. The clusters and repositories
    are named by an estate file, such as examples/estate/dr.yaml. Whatever falls short ends the script with a terminating error, so that
    'pwsh -NoProfile -NonInteractive -File nightly-backup.ps1 …' exits with 1 and the scheduler notices.
    Runs in pwsh and in drps.
.EXAMPLE
    ./examples/nightly-backup.ps1 -Estate ./dr.yaml -Cluster prod -Repository onsite -CopyTo offsite
.EXAMPLE
    ./examples/nightly-backup.ps1 -Estate ./dr.yaml -Cluster prod -Repository onsite -CopyTo offsite -Rpo 6h -KeepDaily 30
#>
[CmdletBinding()]
param(
    # The estate file.
    [Parameter(Mandatory)]
    [string] $Estate,

    # The estate's name of the cluster.
    [Parameter(Mandatory)]
    [string] $Cluster,

    # The repository that the backup is streamed to.
    [Parameter(Mandatory)]
    [string] $Repository,

    # The repositories that it is copied to afterwards.
    [string[]] $CopyTo = @(),

    # How old the newest backup may be.
    [string] $Rpo = '26h',

    # How many days, weeks and months keep a backup.
    [int] $KeepDaily = 14,
    [int] $KeepWeekly = 8,
    [int] $KeepMonthly = 12
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Invoke-SnapshotRetention -ErrorAction Ignore)) {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'out', 'DrPowerShell'))
}

$backup = Backup-EtcdSnapshot -Estate $Estate -Cluster $Cluster -Repository $Repository
"$($backup.Name): revision $($backup.Revision), verified to $($backup.Verified), $($backup.StoredSize) bytes in $($backup.Repository)"

foreach ($place in $CopyTo) {
    $copy = $backup | Copy-EtcdSnapshot -Estate $Estate -Destination $place
    "copied to $($copy.Repository)"
}

foreach ($place in @($Repository) + $CopyTo) {
    $gone = Invoke-SnapshotRetention -Estate $Estate -Repository $place -Cluster $Cluster -KeepLast 3 -KeepDaily $KeepDaily -KeepWeekly $KeepWeekly -KeepMonthly $KeepMonthly -Confirm:$false |
        Where-Object -Not Keep
    foreach ($decision in $gone) { "removed $($decision.Backup) from $place" }
}

foreach ($place in @($Repository) + $CopyTo) {
    Test-SnapshotRepository -Estate $Estate -Repository $place -Rpo $Rpo -FailOn Error
}
