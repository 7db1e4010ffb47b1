#requires -Version 7.4
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell') -Force
    $sample = Convert-Path (Join-Path $PSScriptRoot '..' '..' 'examples' 'data' 'sample.db')
}

Describe 'A snapshot file' {
    It 'is proven to the level asked for' {
        $result = Test-EtcdSnapshot $sample -Level Full
        $result.IsValid | Should -BeTrue
        $result.Level | Should -Be 'Full'
        $result.Findings | Should -HaveCount 0
        $result.Status.Revision | Should -BeGreaterThan 1
    }

    It 'is taken as a path, as wildcards, as a literal path and from Get-ChildItem' {
        (Get-EtcdSnapshot $sample).Path | Should -Be $sample
        (Get-EtcdSnapshot (Join-Path (Split-Path $sample) 'sam*.db')).Path | Should -Be $sample
        (Get-EtcdSnapshot -LiteralPath $sample).Path | Should -Be $sample
        (Get-ChildItem $sample | Get-EtcdSnapshot).Path | Should -Be $sample
    }

    It 'is read relative to the location of the session, not of the process' {
        Push-Location (Split-Path $sample)
        try {
            (Get-EtcdSnapshot ./sample.db).Path | Should -Be $sample
        }
        finally {
            Pop-Location
        }
    }

    It 'that lost a byte is found out, and ends a script that says -FailOn' {
        $damaged = Join-Path $TestDrive 'damaged.db'
        $bytes = [IO.File]::ReadAllBytes($sample)
        $bytes[9000] = $bytes[9000] -bxor 1
        [IO.File]::WriteAllBytes($damaged, $bytes)

        $result = Test-EtcdSnapshot $damaged
        $result.IsValid | Should -BeFalse
        $result.Findings.Count | Should -BeGreaterThan 0
        { Test-EtcdSnapshot $damaged -FailOn Error } | Should -Throw
        { Test-EtcdSnapshot $damaged | Restore-EtcdSnapshot -DataDirectory (Join-Path $TestDrive 'never') -ErrorAction Stop } |
            Should -Throw -ErrorId 'SnapshotNotValid*'
        Join-Path $TestDrive 'never' | Should -Not -Exist
    }

    It 'that is not there is an error with an id, the input as target, and advice' {
        $missing = Join-Path $TestDrive 'missing.db'
        $failure = $null
        try { Get-EtcdSnapshot $missing -ErrorAction Stop } catch { $failure = $_ }
        $failure | Should -Not -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -Match '^\w+,DrPowerShell\.Module\.Commands\.GetEtcdSnapshotCommand$'
        $failure.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }
}

Describe 'What comes out' {
    It 'is a table of at most five columns' {
        $lines = Test-EtcdSnapshot $sample | Format-Table | Out-String -Stream -Width 120 | Where-Object { $_.Trim() }
        ($lines[0] -split '\s+').Count | Should -BeLessOrEqual 5
        $lines | Should -HaveCount 3
    }

    It 'becomes JSON and CSV with its facts' {
        $json = Get-EtcdSnapshot $sample | ConvertTo-Json -Depth 4 -WarningAction SilentlyContinue | ConvertFrom-Json
        $json.Path | Should -Be $sample
        $json.Revision | Should -BeGreaterThan 1
        $json.Size | Should -Be (Get-Item $sample).Length

        $keys = Get-EtcdSnapshotKey $sample -Prefix /config/
        $csv = $keys | Select-Object Key, Value, ModRevision | ConvertTo-Csv | ConvertFrom-Csv
        $csv.Key | Should -Be $keys.Key
    }

    It 'sorts, groups and selects as objects do' {
        $first = Get-EtcdSnapshotKey $sample -Prefix / | Sort-Object ModRevision -Descending | Select-Object -First 1
        $first.ModRevision | Should -BeOfType [long]
        (Get-EtcdSnapshot $sample).Created | Should -BeOfType [DateTimeOffset]
    }
}

Describe 'A pipeline that ends early' {
    It 'stops the reading and goes on with the script' {
        $one = Get-EtcdSnapshotKey $sample -Prefix / | Select-Object -First 1
        $one | Should -HaveCount 1
        'still here' | Should -Be 'still here'
    }

    It 'that ends with a throw downstream throws that, and nothing else' {
        { Get-EtcdSnapshotKey $sample -Prefix / | ForEach-Object { throw 'downstream' } } | Should -Throw 'downstream'
    }
}

Describe 'A restore' {
    It 'tells what it would do and does nothing with -WhatIf' {
        $target = Join-Path $TestDrive 'whatif'
        Restore-EtcdSnapshot $sample -DataDirectory $target -WhatIf
        $target | Should -Not -Exist
        Get-ChildItem $TestDrive -Filter 'whatif*' -Force | Should -BeNullOrEmpty
    }

    It 'builds a data directory, and never over another' {
        $target = Join-Path $TestDrive 'member'
        $sample | Test-EtcdSnapshot | Restore-EtcdSnapshot -DataDirectory $target -Confirm:$false | Out-Null
        Join-Path $target 'member' 'snap' 'db' | Should -Exist
        Join-Path $target 'member' 'wal' | Should -Exist
        { Restore-EtcdSnapshot $sample -DataDirectory $target -Confirm:$false -ErrorAction Stop } | Should -Throw
    }
}

Describe 'Jobs and parallel runspaces' {
    It 'run the cmdlets in other runspaces' {
        $module = Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell'
        $valid = 1..3 | ForEach-Object -Parallel {
            Import-Module $using:module
            (Test-EtcdSnapshot $using:sample).IsValid
        }
        $valid | Should -Be @($true, $true, $true)
    }
}
