using DrPowerShell.Core.Clusters;

namespace DrPowerShell.Core.Ports;

/// <summary>Opens connections to etcd clusters.</summary>
public interface IEtcdConnector
{
    /// <summary>Opens a connection and proves that one endpoint at least answers with these credentials.</summary>
    /// <exception cref="DrPowerShell.Etcd.Errors.RecoveryException">Unreachable, not trusted, not authenticated: each its own type.</exception>
    Task<IEtcdCluster> ConnectAsync(EtcdConnectionOptions options, CancellationToken cancellationToken);
}
