#requires -Version 7.4
<#
.SYNOPSIS
Builds, tests, packs or cleans DrPowerShell.
.DESCRIPTION
Nothing here that the plain commands do not do as well: each task is one dotnet call, or tests/run.sh.
.EXAMPLE
./build.ps1 -Task Build
Lays out the importable module in out/DrPowerShell.
.EXAMPLE
./build.ps1 -Task Package
Makes out/DrPowerShell.zip, as Azure Automation takes it.
#>
[CmdletBinding()]
param(
    [ValidateSet('Build', 'Test', 'Package', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
$solution = Join-Path $PSScriptRoot 'DrPowerShell.sln'
$hostProject = Join-Path $PSScriptRoot 'src' 'DrPowerShell.Host' 'DrPowerShell.Host.csproj'

foreach ($name in $Task) {
    switch ($name) {
        'Build' { dotnet build $solution -c $Configuration -nologo }
        'Test' { bash (Join-Path $PSScriptRoot 'tests' 'run.sh') }
        'Package' { dotnet build $hostProject -c $Configuration -t:Package -nologo }
        'Clean' { dotnet clean $solution -c $Configuration -nologo }
    }
    if ($LASTEXITCODE -ne 0) {
        throw "The task $name failed: exit code $LASTEXITCODE."
    }
}
