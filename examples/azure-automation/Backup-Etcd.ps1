<#
.SYNOPSIS
    An Azure Automation runbook (PowerShell 7.4): backs up an etcd cluster into an S3 bucket, encrypted, with no native program.
.DESCRIPTION
    Import out/DrPowerShell.zip as a module of the automation account, and give the account these assets: the variable EtcdEndpoints (a list of
    URLs, separated by commas), the credential EtcdUser where the cluster has users, the encrypted variables S3AccessKey and S3SecretKey, the
    variable SnapshotRecipient (age1…, its identity stays with you), and the variable SnapshotRepository, such as
    s3://backups/etcd?endpoint=https://s3.example.com&region=eu-1. In a sandbox of 400 MB the snapshot goes through memory; where the
    sandbox's disk has room for it, it is spooled there and proven to level Full before it counts.
    A terminating error fails the job, which is what its alert watches.
.EXAMPLE
    ./Backup-Etcd.ps1 -Cluster prod
#>
[CmdletBinding()]
param(
    # The name under which the backups are stored.
    [string] $Cluster = 'prod'
)

$ErrorActionPreference = 'Stop'
Import-Module DrPowerShell

# The SDK's credential chain reads these; they are gone with the job.
[Environment]::SetEnvironmentVariable('AWS_ACCESS_KEY_ID', (Get-AutomationVariable -Name S3AccessKey))
[Environment]::SetEnvironmentVariable('AWS_SECRET_ACCESS_KEY', (Get-AutomationVariable -Name S3SecretKey))
$repository = Get-AutomationVariable -Name SnapshotRepository

$connection = @{ Name = $Cluster; Endpoint = (Get-AutomationVariable -Name EtcdEndpoints) -split ',' }
$user = Get-AutomationPSCredential -Name EtcdUser
if ($user) { $connection.Credential = $user }
$null = Connect-EtcdCluster @connection
try {
    $backup = Backup-EtcdSnapshot -Cluster $Cluster -Repository $repository -Recipient (Get-AutomationVariable -Name SnapshotRecipient)
    "$($backup.Name): verified to $($backup.Verified), $($backup.StoredSize) bytes stored"
    Test-SnapshotRepository -Repository $repository -Rpo 6h -FailOn Error
}
finally {
    Disconnect-EtcdCluster $Cluster
}
