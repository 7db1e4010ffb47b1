using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Core.Ports;

/// <summary>Opens the blob stores of one URI scheme.</summary>
public interface IBlobStoreConnector
{
    /// <summary>Opens the store and proves that it answers with these credentials: the bucket or folder is there and can be listed.</summary>
    /// <exception cref="DrPowerShell.Etcd.Errors.RecoveryException">Unreachable, wrong credentials, no such bucket, a bad host key: each its own type.</exception>
    Task<IBlobStore> OpenAsync(RepositoryOptions options, CancellationToken cancellationToken);
}
