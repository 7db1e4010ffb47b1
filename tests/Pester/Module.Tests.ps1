#requires -Version 7.4
#requires -Modules @{ ModuleName = 'Pester'; ModuleVersion = '5.0' }

# In a real pwsh: dotnet build, then Invoke-Pester ./tests/Pester

BeforeDiscovery {
    $module = [IO.Path]::GetFullPath((Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell'))
    if (-not (Test-Path (Join-Path $module 'DrPowerShell.psd1'))) {
        throw "There is no built module at $module. Build it first: dotnet build"
    }

    Import-Module $module -Force
    $cmdlets = Get-Command -Module DrPowerShell | ForEach-Object { @{ Name = $_.Name; Command = $_ } }
}

BeforeAll {
    $module = [IO.Path]::GetFullPath((Join-Path $PSScriptRoot '..' '..' 'out' 'DrPowerShell'))
    Import-Module $module -Force
}

Describe 'The manifest' {
    BeforeAll {
        $manifest = Test-ModuleManifest (Join-Path $module 'DrPowerShell.psd1')
    }

    It 'is valid, for PowerShell 7.4 and the Core edition' {
        $manifest.PowerShellVersion | Should -Be ([version] '7.4')
        $manifest.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'exports what the session gets, and only cmdlets' {
        $manifest.ExportedCmdlets.Keys | Sort-Object | Should -Be ((Get-Command -Module DrPowerShell).Name | Sort-Object)
        $manifest.ExportedFunctions.Count | Should -Be 0
        $manifest.ExportedAliases.Count | Should -Be 0
    }

    It 'can be found from the module path without an import' {
        $parent = Split-Path $module
        $names = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command {
            param($path)
            $env:PSModulePath = $path + [IO.Path]::PathSeparator + $env:PSModulePath
            (Get-Command Test-EtcdSnapshot).Source
        } -args $parent
        $names | Should -Be 'DrPowerShell'
    }
}

Describe 'The import' {
    It 'can be repeated by force without losing a command' {
        $before = (Get-Command -Module DrPowerShell).Name
        Import-Module $module -Force
        Import-Module $module -Force
        (Get-Command -Module DrPowerShell).Name | Should -Be $before
    }

    It 'uses approved verbs only' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module DrPowerShell).Verb | Should -BeIn $approved
    }

    It 'does not bring its packages into the session' {
        $shared = [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.ForEach({ $_.GetName().Name })
        $shared | Should -Not -Contain 'YamlDotNet'
        $shared | Should -Not -Contain 'Google.Protobuf'
    }
}

Describe 'The help of <Name>' -ForEach $cmdlets {
    BeforeAll {
        $help = Get-Help $Name -Full
    }

    It 'has a synopsis and a description' {
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match '\[-'
        $help.description.Text | Should -Not -BeNullOrEmpty
    }

    It 'has two examples that parse' {
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        foreach ($example in $help.examples.example) {
            $errors = $null
            $null = [Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty -Because $example.code
        }
    }

    It 'describes every parameter' {
        $common = [Management.Automation.Cmdlet]::CommonParameters
        foreach ($parameter in $Command.Parameters.Keys | Where-Object { $_ -notin $common }) {
            (Get-Help $Name -Parameter $parameter).description.Text | Should -Not -BeNullOrEmpty -Because "-$parameter is a parameter"
        }
    }

    It 'names an output type' {
        $Command.OutputType.Count | Should -BeGreaterThan 0
    }
}

Describe 'The concepts' {
    It 'are found by Get-Help' {
        Get-Help about_DrPowerShell | Out-String | Should -Match 'SHORT DESCRIPTION'
    }
}
