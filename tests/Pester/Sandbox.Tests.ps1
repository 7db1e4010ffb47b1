#requires -Version 7.4
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

BeforeDiscovery {
    $noEtcd = -not (Get-Command etcd -CommandType Application -ErrorAction Ignore)
    if ($noEtcd) {
        Write-Warning 'No etcd program is on PATH: the tests against a real cluster are skipped. On Debian: apt-get install etcd-server'
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell') -Force
}

Describe 'A real cluster (needs etcd on PATH)' -Skip:$noEtcd {
    BeforeAll {
        $sandbox = Start-EtcdSandbox -Confirm:$false
    }

    AfterAll {
        if ($sandbox) {
            $sandbox | Stop-EtcdSandbox -Confirm:$false
        }
    }

    It 'is healthy' {
        Get-EtcdCluster -Cluster $sandbox | Should -HaveCount 1
        Test-EtcdCluster -Cluster $sandbox | Should -Not -BeNullOrEmpty
    }

    It 'gives back the keys that were lost, from a proven snapshot' {
        1..20 | ForEach-Object { [pscustomobject] @{ Key = "/pester/$_"; Value = "value $_" } } |
            Set-EtcdKey -Cluster $sandbox -Confirm:$false
        $snapshot = Backup-EtcdSnapshot -Cluster $sandbox -Path (Join-Path $TestDrive 'pester.db') -Confirm:$false
        ($snapshot | Test-EtcdSnapshot -Level Full).IsValid | Should -BeTrue

        Remove-EtcdKey -Cluster $sandbox -Prefix /pester/ -Confirm:$false
        Get-EtcdKey -Cluster $sandbox -Prefix /pester/ | Should -BeNullOrEmpty
        Get-EtcdSnapshotKey $snapshot.Path -Prefix /pester/ | Set-EtcdKey -Cluster $sandbox -Confirm:$false

        $back = Get-EtcdKey -Cluster $sandbox -Prefix /pester/
        $back | Should -HaveCount 20
        ($back | Where-Object Key -EQ '/pester/7').Value | Should -Be 'value 7'
    }

    It 'loses nothing to -WhatIf' {
        Set-EtcdKey -Cluster $sandbox /whatif/a one -Confirm:$false
        Remove-EtcdKey -Cluster $sandbox -Prefix /whatif/ -WhatIf
        (Get-EtcdKey -Cluster $sandbox /whatif/a).Value | Should -Be 'one'
    }

    It 'will not have a file that is there written over' {
        $path = Join-Path $TestDrive 'taken.db'
        Set-Content $path 'precious'
        { Backup-EtcdSnapshot -Cluster $sandbox -Path $path -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'SnapshotFileExists*'
        Get-Content $path | Should -Be 'precious'
    }

    It 'ends with its folder when it is told to' {
        $other = Start-EtcdSandbox -Confirm:$false
        $endpoint = @($other.Endpoints)[0]
        $other | Stop-EtcdSandbox -Confirm:$false
        { $client = [Net.Sockets.TcpClient]::new($endpoint.Host, $endpoint.Port); $client.Dispose() } | Should -Throw
    }
}
