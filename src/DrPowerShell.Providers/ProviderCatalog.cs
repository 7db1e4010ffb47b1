using DrPowerShell.Core.Ports;
using DrPowerShell.Providers.Etcd;

namespace DrPowerShell.Providers;

/// <summary>Everything that this assembly offers to Core, behind Core's own interfaces.</summary>
public sealed class ProviderCatalog : IProviderCatalog
{
    public IEtcdConnector Etcd { get; } = new EtcdConnector();
}
