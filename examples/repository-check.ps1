<#
.SYNOPSIS
    Is what we have still good? Checks every repository of the estate, proves some of the backups again, and says what to do.
.DESCRIPTION
    For a weekly scheduled task: lists what is wrong as one line each, and ends with a terminating error where anything is of severity Error, so
    that the scheduler notices. With an identity, encrypted backups are opened and proven to level Full, those whose last proof is oldest first.
    Runs in pwsh and in drps.
.EXAMPLE
    ./examples/repository-check.ps1 -Estate ./dr.yaml
.EXAMPLE
    ./examples/repository-check.ps1 -Estate ./dr.yaml -Identity ./prod.key -ByteBudget 20GB
#>
[CmdletBinding()]
param(
    # The estate file.
    [Parameter(Mandatory)]
    [string] $Estate,

    # Files with identities that open encrypted backups.
    [string[]] $Identity = @(),

    # How many stored bytes of each repository are read again for proofs.
    [long] $ByteBudget = 10GB
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Test-SnapshotRepository -ErrorAction Ignore)) {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'out', 'DrPowerShell'))
}

$keys = @{}
if ($Identity) { $keys.Identity = $Identity }
$bad = @()
foreach ($repository in Get-SnapshotRepository -Estate $Estate) {
    $result = Test-SnapshotRepository -Repository $repository -Estate $Estate -ByteBudget $ByteBudget @keys
    "$($repository.Name): $($result.Backups) backups, newest $($result.Newest), $($result.Findings.Count) findings"
    foreach ($finding in $result.Findings) {
        "  $($finding.Severity) $($finding.Code) $($finding.Backup) $($finding.Text)"
    }

    if (-not $result.IsValid) { $bad += $repository.Name }
}

if ($bad) { throw "Not everything can be restored: $($bad -join ', '). The lines above say what is wrong." }
'Everything that was looked at is whole.'
