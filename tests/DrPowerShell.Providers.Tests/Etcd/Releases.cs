using DrPowerShell.Testing.Etcd;
using Xunit;

namespace DrPowerShell.Providers.Tests.Etcd;

/// <summary>Theory rows: every etcd release that is here.</summary>
public static class Releases
{
    public static TheoryData<EtcdRelease> Rows => [.. EtcdBinaries.All];
}
