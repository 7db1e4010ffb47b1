using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Providers.S3;

internal sealed class S3BlobStoreConnector : IBlobStoreConnector
{
    public Task<IBlobStore> OpenAsync(RepositoryOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();
}
