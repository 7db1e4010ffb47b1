using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;

namespace DrPowerShell.Providers.Sftp;

internal sealed class SftpBlobStoreConnector : IBlobStoreConnector
{
    public Task<IBlobStore> OpenAsync(RepositoryOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();
}
