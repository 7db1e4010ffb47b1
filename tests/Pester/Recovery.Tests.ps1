#requires -Version 7.4
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

BeforeDiscovery {
    $noLinux = -not $IsLinux
    $noEtcd = -not $IsLinux -or -not (Get-Command etcd -CommandType Application -ErrorAction Ignore)
    if ($noEtcd) {
        Write-Warning 'No etcd program is on PATH, or this is not Linux: the restore of a real cluster is skipped. On Debian: apt-get install etcd-server'
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell') -Force
    $sample = Convert-Path (Join-Path $PSScriptRoot '..' '..' 'examples' 'data' 'sample.db')

    function Save([string] $Path, [string] $Text) {
        Set-Content $Path $Text
        if (-not $IsWindows) { chmod 600 $Path }
    }

    # A cluster of one member on this machine: its estate, a plan that restores the sample, and keys of a requester and an approver.
    function New-Scene([string] $Etcd = '/bin/false', [string] $Approval = '') {
        $folder = (New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))).FullName
        $ports = 1..2 | ForEach-Object { $l = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0); $l.Start(); $l }
        $client, $peer = $ports | ForEach-Object { $_.LocalEndpoint.Port }
        $ports | ForEach-Object { $_.Stop() }
        foreach ($name in 'alice', 'dave') {
            $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256)
            Save "$folder/$name.pem" $key.ExportECPrivateKeyPem()
            Save "$folder/$name.pub" $key.ExportSubjectPublicKeyInfoPem()
        }

        Save "$folder/etcd.yaml" @"
# written by hand
name: m1
data-dir: $folder/data
listen-client-urls: http://127.0.0.1:$client
advertise-client-urls: http://127.0.0.1:$client
listen-peer-urls: http://127.0.0.1:$peer
initial-advertise-peer-urls: http://127.0.0.1:$peer
initial-cluster: m1=http://127.0.0.1:$peer
"@
        $alive = "[ -f $folder/pid ] && p=`$(cat $folder/pid) && [ -d /proc/`$p ] && ! grep -q '^State:.*Z' /proc/`$p/status"
        Save "$folder/status.sh" "if $alive; then exit 0; else exit 3; fi"
        Save "$folder/start.sh" "$alive && exit 0`nsetsid $Etcd --config-file $folder/etcd.yaml >>$folder/etcd.log 2>&1 </dev/null &`necho `$! >$folder/pid"
        Save "$folder/stop.sh" "$alive || exit 0`nkill `$p`nn=0; while $alive; do n=`$((n+1)); [ `$n -gt 100 ] && exit 1; sleep 0.1; done"
        Save "$folder/dr.yaml" @"
hosts: { here: { type: local } }
clusters:
  shop:
    endpoints: ['http://127.0.0.1:$client']
    rto: 10m
    $Approval
    members:
      m1:
        host: here
        configuration: $folder/etcd.yaml
        service: { type: command, name: etcd-m1, start: /bin/sh $folder/start.sh, stop: /bin/sh $folder/stop.sh, status: /bin/sh $folder/status.sh }
"@.Replace('ALICE', "$folder/alice.pub")
        Copy-Item $sample "$folder/shop.db"
        Save "$folder/restore.yaml" "cluster: shop`nsource: { file: shop.db }`nacceptDataLoss: 9999d"
        [pscustomobject] @{
            Folder = $folder; Plan = "$folder/restore.yaml"; Endpoint = "http://127.0.0.1:$client"
            Where = @{ Estate = "$folder/dr.yaml"; JournalDirectory = "$folder/runs" }
        }
    }
}

Describe 'A plan' -Skip:$noLinux {
    BeforeAll {
        $scene = New-Scene
        $where = $scene.Where
    }

    It 'lists its steps as objects, in order, and touches nothing' {
        $before = Get-ChildItem $scene.Folder -Recurse | ForEach-Object { "$($_.FullName) $($_.LastWriteTimeUtc.Ticks)" }
        $steps = Get-RecoveryPlan -Plan $scene.Plan @where
        $steps | Should -Not -BeNullOrEmpty
        $steps.Number | Should -Be (1..$steps.Count)
        ($steps | Where-Object Phase -EQ 'Restore').Id | Should -Contain 'exchange-m1'
        Get-ChildItem $scene.Folder -Recurse | ForEach-Object { "$($_.FullName) $($_.LastWriteTimeUtc.Ticks)" } | Should -Be $before
    }

    It 'goes into CSV and JSON' {
        $steps = Get-RecoveryPlan -Plan $scene.Plan @where
        ($steps | Select-Object Number, Phase, Host, Step | ConvertTo-Csv).Count | Should -Be ($steps.Count + 1)
        ($steps | ConvertTo-Json -Depth 3 | ConvertFrom-Json).Count | Should -Be $steps.Count
    }

    It 'is not run by -WhatIf' {
        Restore-EtcdCluster -Plan $scene.Plan @where -WhatIf | Should -BeNullOrEmpty
        Join-Path $scene.Folder 'data' | Should -Not -Exist
        Get-RecoveryRun -JournalDirectory $where.JournalDirectory | Should -BeNullOrEmpty
    }

    It 'tells every mistake of its file at once' {
        $wrong = Join-Path $scene.Folder 'wrong.yaml'
        Save $wrong "cluster: shpo`ncheks: []"
        $failure = $null
        try { Get-RecoveryPlan -Plan $wrong @where -ErrorAction Stop } catch { $failure = $_ }
        $failure.FullyQualifiedErrorId | Should -BeLike 'RestorePlanNotValid,*'
        $failure.Exception.Message | Should -Match 'did you mean checks'
    }
}

Describe 'A restore that somebody must approve' -Skip:$noLinux {
    BeforeAll {
        $scene = New-Scene -Approval 'approval: { required: 1, approvers: { alice: ALICE } }'
        $where = $scene.Where
        $request = Join-Path $scene.Folder 'request.json'
    }

    It 'is refused without a request' {
        { Restore-EtcdCluster -Plan $scene.Plan @where -Confirm:$false } | Should -Throw -ErrorId 'ApprovalMissing,*'
    }

    It 'is asked for, approved by a key that the estate names, and shown' {
        $made = Get-RecoveryPlan -Plan $scene.Plan @where -MeasureImpact |
            New-RecoveryRequest -SigningKey (Join-Path $scene.Folder 'dave.pem') -Reason 'INC-4711' -Path $request
        $made | Should -HaveCount 1
        (Get-RecoveryRequest $request -Estate $where.Estate).State | Should -Be 'Open'
        Approve-RecoveryRequest $request -SigningKey (Join-Path $scene.Folder 'alice.pem') -Estate $where.Estate -Confirm:$false
        (Get-RecoveryRequest $request -Estate $where.Estate).State | Should -Be 'Approved'
    }

    It 'puts everything back when etcd does not start, keeps a sealed journal, and makes a report' {
        { Restore-EtcdCluster -Plan $scene.Plan @where -Approval $request } | Should -Throw -ErrorId 'RunUndone,*'
        Join-Path $scene.Folder 'data' | Should -Not -Exist
        Get-Content (Join-Path $scene.Folder 'etcd.yaml') -TotalCount 1 | Should -Be '# written by hand'

        $run = Get-RecoveryRun -JournalDirectory $where.JournalDirectory | Sort-Object Started | Select-Object -Last 1
        $run.Result | Should -Be 'Undone'
        ($run | Test-RecoveryJournal -JournalDirectory $where.JournalDirectory).Status | Should -Be 'Sealed'
        $report = Export-RecoveryReport -Id $run.Id -JournalDirectory $where.JournalDirectory -Path (Join-Path $scene.Folder 'report.html') -Culture zh-CN
        $report | Should -Exist
        Get-Content $report -Raw | Should -Match $run.Id
    }
}

Describe 'The restore of a real cluster (needs etcd on PATH)' -Skip:$noEtcd {
    BeforeAll {
        $scene = New-Scene -Etcd (Get-Command etcd -CommandType Application).Source
        $where = $scene.Where
    }

    AfterAll {
        sh (Join-Path $scene.Folder 'stop.sh')
    }

    It 'brings the keys of the snapshot back, step by step, and says what it did' {
        $output = Restore-EtcdCluster -Plan $scene.Plan @where -PassThru -Confirm:$false
        $run = $output | Select-Object -Last 1
        $run.Result | Should -Be 'Healthy'
        $run.Rto | Should -BeLessThan $run.RtoTarget
        ($output | Select-Object -SkipLast 1).Outcome | Select-Object -Unique | Should -Be 'Succeeded'

        $expected = Get-EtcdSnapshotKey (Join-Path $scene.Folder 'shop.db') -First 20
        $found = Get-EtcdKey -Endpoint $scene.Endpoint -Prefix / -First 20
        $found.Key | Should -Be $expected.Key
        ($run | Test-RecoveryJournal -JournalDirectory $where.JournalDirectory).Status | Should -Be 'Sealed'
    }

    It 'is refused while the cluster has its quorum' {
        $safe = Join-Path $scene.Folder 'safe.yaml'
        Save $safe "cluster: shop`nsource: { file: shop.db }"
        { Restore-EtcdCluster -Plan $safe @where -Confirm:$false } | Should -Throw -ErrorId 'ClusterHasQuorum,*'
    }

    It 'completes the ids of runs' {
        $env:DRPOWERSHELL_STATE, $kept = $scene.Folder, $env:DRPOWERSHELL_STATE
        try {
            $text = 'Undo-RecoveryRun -Id restore-'
            { TabExpansion2 $text $text.Length } | Should -Not -Throw
        }
        finally { $env:DRPOWERSHELL_STATE = $kept }
    }
}
