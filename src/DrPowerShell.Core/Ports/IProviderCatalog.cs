namespace DrPowerShell.Core.Ports;

/// <summary>What the Providers assembly offers; <c>ProviderLoader</c> finds the one implementation there.</summary>
public interface IProviderCatalog
{
    IEtcdConnector Etcd { get; }
}
