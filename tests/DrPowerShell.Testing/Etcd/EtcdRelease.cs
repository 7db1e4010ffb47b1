using System.Diagnostics.CodeAnalysis;

namespace DrPowerShell.Testing.Etcd;

/// <summary>
/// One installed etcd release. It turns into its name and back, so that a theory row of it shows up and can be run by itself.
/// </summary>
/// <param name="Name">"3.4", "3.5" or "3.6".</param>
/// <param name="Version">The full version, such as "3.5.30".</param>
/// <param name="Etcd">The server.</param>
/// <param name="Etcdctl">The client.</param>
/// <param name="Etcdutl">The offline tool; null in 3.4, where etcdctl does its work.</param>
public sealed record EtcdRelease(string Name, string Version, string Etcd, string Etcdctl, string? Etcdutl)
    : IFormattable, IParsable<EtcdRelease>
{
    /// <summary>Runs <c>snapshot status|restore</c> with the tool that has it in this release, and returns what it printed.</summary>
    public async Task<string> SnapshotAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string?> { ["ETCDCTL_API"] = "3" };
        var result = await Command.RunAsync(Etcdutl ?? Etcdctl, ["snapshot", .. arguments], environment, timeout: TimeSpan.FromMinutes(5));
        return result.ThrowIfFailed().Output;
    }

    /// <summary>True from the given minor version of etcd 3 on.</summary>
    public bool IsAtLeast(int minor) => System.Version.Parse(Name).Minor >= minor;

    public override string ToString() => Name;

    public string ToString(string? format, IFormatProvider? formatProvider) => Name;

    public static EtcdRelease Parse(string s, IFormatProvider? provider) => EtcdBinaries.Get(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out EtcdRelease result)
    {
        result = EtcdBinaries.All.FirstOrDefault(r => r.Name == s);
        return result is not null;
    }
}
