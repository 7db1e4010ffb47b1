#requires -Version 7.4
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell') -Force
    $sample = Convert-Path (Join-Path $PSScriptRoot '..' '..' 'examples' 'data' 'sample.db')
}

Describe 'A repository in a folder' {
    BeforeEach {
        $store = Join-Path $TestDrive ([guid]::NewGuid())
        $null = New-Item -ItemType Directory $store
        $key = New-SnapshotEncryptionKey (Join-Path $store '..' "$([guid]::NewGuid()).key")
    }

    It 'takes a snapshot file in, and gives the same bytes back' {
        $backup = Import-EtcdSnapshot $sample -Repository $store -Cluster shop
        $backup.Manifest.Origin | Should -Be 'Imported'
        $backup.Verified | Should -Be 'Full'

        $file = Get-EtcdSnapshot -Repository $store -Cluster shop -Latest | Export-EtcdSnapshot -Path (Join-Path $TestDrive "$($backup.Name).db")
        (Get-FileHash $file.Path).Hash | Should -Be (Get-FileHash $sample).Hash
    }

    It 'takes a folder object, and a path relative to the location of the session' {
        $null = Import-EtcdSnapshot $sample -Repository (Get-Item $store) -Cluster shop
        Push-Location $store
        try { Get-EtcdSnapshot -Repository ./ | Should -HaveCount 1 } finally { Pop-Location }
    }

    It 'opens an encrypted backup for its identity alone' {
        $backup = Import-EtcdSnapshot $sample -Repository $store -Cluster shop -Recipient $key.Recipient
        $backup.IsEncrypted | Should -BeTrue
        ($backup | Test-EtcdSnapshot).Level | Should -Be 'None'
        ($backup | Test-EtcdSnapshot -Identity $key.Path).Level | Should -Be 'Full'

        $other = New-SnapshotEncryptionKey (Join-Path $TestDrive "$([guid]::NewGuid()).key")
        { $backup | Test-EtcdSnapshot -Identity $other.Path -ErrorAction Stop } | Should -Throw -ErrorId 'EncryptedForOthers*'
    }

    It 'opens a backup that was encrypted to a passphrase' {
        $secret = ConvertTo-SecureString 'correct horse battery staple' -AsPlainText -Force
        $backup = Import-EtcdSnapshot $sample -Repository $store -Cluster shop -Passphrase $secret
        ($backup | Test-EtcdSnapshot -Passphrase $secret).IsValid | Should -BeTrue
    }

    It 'names a damaged object and does not export it' {
        $backup = Import-EtcdSnapshot $sample -Repository $store -Cluster shop
        $object = Join-Path $store $backup.Manifest.Object.Name
        $bytes = [IO.File]::ReadAllBytes($object)
        $bytes[1000] = $bytes[1000] -bxor 1
        [IO.File]::WriteAllBytes($object, $bytes)

        $result = $backup | Test-EtcdSnapshot
        $result.IsValid | Should -BeFalse
        $result.Findings[0].Code | Should -Be 'ObjectChanged'
        { $backup | Export-EtcdSnapshot -Path (Join-Path $TestDrive 'never.db') -ErrorAction Stop } | Should -Throw -ErrorId 'BackupObjectChanged*'
        Join-Path $TestDrive 'never.db' | Should -Not -Exist
        { Test-SnapshotRepository $store -FailOn Error } | Should -Throw
    }

    It 'is checked as a whole, and says what may go by which rule' {
        $null = 1..3 | ForEach-Object { Import-EtcdSnapshot $sample -Repository $store -Cluster shop }
        $check = Test-SnapshotRepository $store
        $check.Backups | Should -Be 3
        $check.IsValid | Should -BeTrue

        $decisions = Invoke-SnapshotRetention $store -KeepLast 1 -WhatIf
        $decisions | Should -HaveCount 3
        Get-EtcdSnapshot -Repository $store | Should -HaveCount 3
        $null = Invoke-SnapshotRetention $store -KeepLast 1 -Confirm:$false
        Get-EtcdSnapshot -Repository $store | Should -HaveCount 1
    }

    It 'is copied to another, once' {
        $copy = Join-Path $TestDrive ([guid]::NewGuid())
        $null = New-Item -ItemType Directory $copy
        $null = Import-EtcdSnapshot $sample -Repository $store -Cluster shop
        Get-EtcdSnapshot -Repository $store | Copy-EtcdSnapshot -Destination $copy | Should -HaveCount 1
        (Get-EtcdSnapshot -Repository $copy | Test-EtcdSnapshot).IsValid | Should -BeTrue
    }

    It 'that is not there is an error with an id, a category and advice' {
        $failure = $null
        try { Get-EtcdSnapshot -Repository (Join-Path $TestDrive 'nowhere') -ErrorAction Stop } catch { $failure = $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'StoreFolderNotFound,*'
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

Describe 'An estate' {
    It 'is checked without anything being touched, with every mistake at its place' {
        $file = Join-Path $TestDrive 'dr.yaml'
        Set-Content $file "repositories:`n  offsite:`n    uri: s3://bucket`n    compresion: 3`n    lock: { mode: forever, days: 3 }"
        if (-not $IsWindows) { chmod 600 $file }
        $result = Test-RecoveryEstate $file
        $result.IsValid | Should -BeFalse
        $result.Mistakes | Should -HaveCount 2
        $result.Mistakes[0].Line | Should -Be 4
    }

    It 'completes the names of its repositories' {
        $file = Join-Path $TestDrive 'names.yaml'
        Set-Content $file "repositories:`n  offsite:`n    uri: s3://bucket"
        if (-not $IsWindows) { chmod 600 $file }
        $text = "Get-EtcdSnapshot -Estate $file -Repository "
        (TabExpansion2 $text $text.Length).CompletionMatches.CompletionText | Should -Contain 'offsite'
    }
}
