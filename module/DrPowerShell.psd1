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
        'Approve-RecoveryRequest'
        'Backup-EtcdSnapshot'
        'Compare-EtcdSnapshot'
        'Connect-EtcdCluster'
        'Copy-EtcdSnapshot'
        'Disconnect-EtcdCluster'
        'Export-EtcdSnapshot'
        'Export-RecoveryReport'
        'Get-EtcdCluster'
        'Get-EtcdKey'
        'Get-EtcdSnapshot'
        'Get-EtcdSnapshotKey'
        'Get-RecoveryEstate'
        'Get-RecoveryPlan'
        'Get-RecoveryRequest'
        'Get-RecoveryRun'
        'Get-SnapshotRepository'
        'Import-EtcdSnapshot'
        'Invoke-BackupSchedule'
        'Invoke-SnapshotRetention'
        'Measure-RestoreImpact'
        'New-BackupSchedule'
        'New-RecoveryRequest'
        'New-SnapshotEncryptionKey'
        'Remove-EtcdKey'
        'Remove-EtcdSnapshot'
        'Restore-EtcdCluster'
        'Restore-EtcdSnapshot'
        'Resume-RecoveryRun'
        'Set-EtcdKey'
        'Start-EtcdSandbox'
        'Stop-EtcdSandbox'
        'Test-EtcdCluster'
        'Test-EtcdSnapshot'
        'Test-RecoveryEstate'
        'Test-RecoveryJournal'
        'Test-SnapshotRepository'
        'Undo-RecoveryRun'
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
