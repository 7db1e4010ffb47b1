using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Checks;

/// <summary>What business checks reach the outside through; what a plan's checks do not need may be left out.</summary>
public sealed record CheckWorld
{
    /// <summary>A machine of the estate.</summary>
    public Func<string, IHost>? Host { get; init; }

    /// <summary>Opens the restored cluster; each check closes what it opened.</summary>
    public Func<CancellationToken, Task<IEtcdCluster>>? Cluster { get; init; }

    /// <summary>How many keys with a prefix the snapshot holds; null where that is not known.</summary>
    public Func<string, CancellationToken, Task<long?>>? SnapshotCount { get; init; }

    public IScriptRunner? Scripts { get; init; }

    /// <summary>The values of the secrets that checks refer to; <see cref="CheckSecrets.Read"/> reads them on the pipeline thread.</summary>
    public IReadOnlyDictionary<SecretReference, string> Secrets { get; init; } = new Dictionary<SecretReference, string>();

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal string? Secret(SecretReference? reference) =>
        reference is null ? null
        : Secrets.TryGetValue(reference, out var value) ? value
        : throw new SecretNotFoundException(reference, "it was not read before the checks began");
}

/// <summary>Reads the secrets that checks refer to.</summary>
public static class CheckSecrets
{
    /// <summary>All of them, each once.</summary>
    /// <exception cref="SecretNotFoundException">One is not there.</exception>
    public static IReadOnlyDictionary<SecretReference, string> Read(IEnumerable<CheckSection> checks, ISecretSource secrets) =>
        checks.SelectMany(check => check.SecretHeaders.Values.Append(check.Password!)).Where(reference => reference is not null).Distinct().ToDictionary(reference => reference, secrets.Read);
}
