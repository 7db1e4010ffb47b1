@{
    RootModule           = 'DrPowerShell.Module.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '28498805-5a4d-4584-8080-eec32f00fbb1'
    Author               = 'The DrPowerShell team'
    CompanyName          = 'DrPowerShell'
    Copyright            = '(c) The DrPowerShell team.'
    Description          = 'Disaster recovery for etcd: snapshots that are proved, stored offsite encrypted and retained, checked for as long as they exist, and restored without native tools. Compiled cmdlets, typed objects, no etcdctl or etcdutl needed.'

    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')

    FormatsToProcess     = @('DrPowerShell.Format.ps1xml')

    CmdletsToExport      = @(
        'Backup-EtcdSnapshot'
        'Compare-EtcdSnapshot'
        'Connect-EtcdCluster'
        'Copy-EtcdSnapshot'
        'Disconnect-EtcdCluster'
        'Export-EtcdSnapshot'
        'Get-EtcdCluster'
        'Get-EtcdKey'
        'Get-EtcdSnapshot'
        'Get-EtcdSnapshotKey'
        'Get-RecoveryEstate'
        'Get-SnapshotRepository'
        'Import-EtcdSnapshot'
        'Invoke-BackupSchedule'
        'Invoke-SnapshotRetention'
        'New-BackupSchedule'
        'New-SnapshotEncryptionKey'
        'Remove-EtcdKey'
        'Remove-EtcdSnapshot'
        'Restore-EtcdSnapshot'
        'Set-EtcdKey'
        'Start-EtcdSandbox'
        'Stop-EtcdSandbox'
        'Test-EtcdCluster'
        'Test-EtcdSnapshot'
        'Test-RecoveryEstate'
        'Test-SnapshotRepository'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('etcd', 'DisasterRecovery', 'Backup', 'Restore', 'Snapshot', 'S3', 'SFTP', 'Kubernetes', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            ReleaseNotes = 'First release: snapshots of a live etcd cluster, their verification, repositories (folder, S3, SFTP) with encryption, signatures, retention, schedules and checks, the restore of members, and sandbox clusters.'
        }
    }
}
