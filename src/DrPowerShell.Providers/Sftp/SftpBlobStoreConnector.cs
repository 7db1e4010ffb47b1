using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Opens the stores behind sftp:// URIs: <c>sftp://user@host:port/folder</c>, or <c>/~/folder</c> for one in the user's home.</summary>
internal sealed class SftpBlobStoreConnector(SftpPatience? patience = null, TimeProvider? timeProvider = null) : IBlobStoreConnector
{
    private readonly SftpPatience _patience = patience ?? new();
    private readonly TimeProvider _time = timeProvider ?? TimeProvider.System;

    public async Task<IBlobStore> OpenAsync(RepositoryOptions options, CancellationToken cancellationToken)
    {
        var link = new SftpLink(options, _patience, _time);
        try
        {
            var named = Uri.UnescapeDataString(options.Uri.AbsolutePath);
            var path = named is "/~" or "/~/" ? "." : named.StartsWith("/~/", StringComparison.Ordinal) ? named[3..] : named;
            var root = await link.RunAsync("looking at its folder", (session, token) => FindRootAsync(link, session, path, token), cancellationToken).ConfigureAwait(false);
            return new SftpBlobStore(link, new SftpPaths(options.Uri, root));
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static async Task<string> FindRootAsync(SftpLink link, SftpSession session, string path, CancellationToken cancellationToken)
    {
        try
        {
            if (await session.FindAsync(path, cancellationToken).ConfigureAwait(false) is not { IsFolder: true })
            {
                throw new StoreFolderNotFoundException(link.Store, path);
            }

            var root = await session.RealPathAsync(path, cancellationToken).ConfigureAwait(false);
            // Reading its first names proves the right to list it.
            var folder = await session.OpenFolderAsync(root, cancellationToken).ConfigureAwait(false);
            await session.ReadFolderAsync(folder, cancellationToken).ConfigureAwait(false);
            await session.CloseAsync(folder, cancellationToken).ConfigureAwait(false);
            return root;
        }
        catch (SftpStatusException e)
        {
            throw SshFailures.OfStatus(link.Store, $"listing {path}", room: null, e);
        }
    }
}
