<#
.SYNOPSIS
    A business check of a restore plan: an order can be placed and is found again. It passes when it ends without an error.
.DESCRIPTION
    Runs in the session of Restore-EtcdCluster, with its modules. What it writes is matched against the check's pattern, where there is one. It must
    not ask anything: nobody may be there to answer.
#>
[CmdletBinding()]
param(
    # Where orders are placed.
    [Parameter(Mandatory)]
    [uri] $Uri
)

$ErrorActionPreference = 'Stop'
$client = [System.Net.Http.HttpClient]::new()
try {
    $content = [System.Net.Http.StringContent]::new('{"customer":"restore-check","items":[]}', [System.Text.Encoding]::UTF8, 'application/json')
    $answer = $client.PostAsync($Uri, $content).GetAwaiter().GetResult()
    if (-not $answer.IsSuccessStatusCode) { throw "Placing an order answers $([int]$answer.StatusCode)." }
    $again = $client.GetAsync($answer.Headers.Location ?? $Uri).GetAwaiter().GetResult()
    if (-not $again.IsSuccessStatusCode) { throw "The order that was placed is not found: $([int]$again.StatusCode)." }
    "placed and found: $([int]$answer.StatusCode), $([int]$again.StatusCode)"
}
finally {
    $client.Dispose()
}
