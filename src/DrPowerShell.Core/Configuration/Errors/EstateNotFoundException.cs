using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Configuration.Errors;

/// <summary>There is no estate file where one was looked for.</summary>
public sealed class EstateNotFoundException(IReadOnlyList<string> places) : RecoveryException(
    FailureKind.NotFound,
    places[^1],
    $"There is no estate file: {string.Join(" and ", places)} {(places.Count == 1 ? "does" : "do")} not exist.",
    "Name one with -Estate FILE or in $env:DRPOWERSHELL_ESTATE, or write it to the last of these places. The current folder is never searched.");
