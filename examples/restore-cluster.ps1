<#
.SYNOPSIS
    Restores a whole cluster as a plan says: shows the steps and what they destroy, asks for approval where the estate wants it, runs, reports.
.DESCRIPTION
    Run it once to see the plan. Where the estate names approvers, it writes a request and ends; when they have approved it (Approve-RecoveryRequest),
    run it again with -Approval. Where the estate names none, -Execute is the approval.
    Every step is in the run's journal before it begins: a run whose machine died is gone on with by Resume-RecoveryRun.
    Runs in pwsh and in drps.
.EXAMPLE
    ./examples/restore-cluster.ps1 -Plan ./restore.yaml -Estate ./dr.yaml
.EXAMPLE
    ./examples/restore-cluster.ps1 -Plan ./restore.yaml -Estate ./dr.yaml -SigningKey ~/keys/dave.pem -Reason 'INC-4711' -Request ./request.json
.EXAMPLE
    ./examples/restore-cluster.ps1 -Plan ./restore.yaml -Estate ./dr.yaml -Approval ./request.json -OutageStart '2026-11-22T14:05:00Z'
#>
[CmdletBinding()]
param(
    # The restore plan, such as examples/plans/restore.yaml.
    [Parameter(Mandatory)]
    [string] $Plan,

    # The estate that the plan's names come from.
    [Parameter(Mandatory)]
    [string] $Estate,

    # Your key: makes a request that others approve.
    [string] $SigningKey,

    # Why it must run; goes into the request.
    [string] $Reason,

    # Where the request is written.
    [string] $Request = './request.json',

    # The request, approved: runs the plan.
    [string[]] $Approval,

    # Runs the plan where the estate names no approvers.
    [switch] $Execute,

    # When the outage began: loss and RTO count from it.
    [Nullable[DateTimeOffset]] $OutageStart
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Command Restore-EtcdCluster -ErrorAction Ignore)) {
    Import-Module ([System.IO.Path]::Combine($PSScriptRoot, '..', 'out', 'DrPowerShell'))
}

$what = @{ Plan = $Plan; Estate = $Estate }
if ($OutageStart) { $what.OutageStart = $OutageStart }

if (-not $Execute -and -not $Approval) {
    'What would be done, and nothing of it is:'
    $steps = @(Get-RecoveryPlan @what -MeasureImpact)
    $steps | Out-Default
    "It would destroy: $($steps[0].Plan.Impact)"
    if ($SigningKey) {
        $asked = $steps | New-RecoveryRequest -Estate $Estate -SigningKey $SigningKey -Reason $Reason -Path $Request -Confirm:$false
        "Asked: $($asked.Id). Have it approved: Approve-RecoveryRequest $Request -Estate $Estate -SigningKey APPROVER.pem; then run this again with -Approval $Request."
    }
    else {
        'To run it: -Execute; or, where the estate names approvers, ask them with -SigningKey and -Reason.'
    }

    return
}

if ($Approval) { $what.Approval = $Approval }
$run = Restore-EtcdCluster @what -Confirm:$false
"$($run.Id): $($run.Result); RTO $($run.Rto), target $($run.RtoTarget); loss $($run.Loss), target $($run.LossTarget)"
foreach ($finding in $run.Findings) { "$($finding.Severity): $($finding.Text)" }
"The journal is $($run.Journal)."
