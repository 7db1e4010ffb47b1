using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.Sftp;

/// <summary>Gives a finished part its name, at once and whole.</summary>
/// <remarks>
/// Onto a free name only: <c>hardlink@openssh.com</c>, which the file system itself refuses where the name is taken; else the rename of
/// version 3, which must refuse it too (OpenSSH's server links and unlinks for it). Onto any name: <c>posix-rename@openssh.com</c>, else
/// the old object is removed first and readers may find none for a moment.
/// </remarks>
internal sealed class SftpPublication(SftpLink link, string name, string path, bool onlyIfAbsent)
{
    // Whether an attempt was made whose answer never came: its work may have been done.
    private bool _inDoubt;

    /// <summary>Publishes the part; may be called again after the connection broke.</summary>
    /// <param name="session">Where.</param>
    /// <param name="part">The part's path.</param>
    /// <param name="size">Its length.</param>
    /// <param name="content">Its bytes where they are at hand.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="BlobExistsException">The name must be free and is not.</exception>
    public async Task<SftpAttributes> PublishAsync(SftpSession session, string part, long size, byte[]? content, CancellationToken cancellationToken)
    {
        var doubted = _inDoubt;
        _inDoubt = true;
        try
        {
            await (onlyIfAbsent ? PlaceAsync(session, part, cancellationToken) : ReplaceAsync(session, part, cancellationToken)).ConfigureAwait(false);
            return await session.StatAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SftpStatusException or BlobExistsException)
        {
            if (doubted && await FindOwnAsync(session, part, size, content, cancellationToken).ConfigureAwait(false) is { } own)
            {
                await DropAsync(session, part, cancellationToken).ConfigureAwait(false);
                return own;
            }

            throw e is SftpStatusException status
                ? await link.ExplainAsync($"publishing '{name}'", SftpPaths.FolderOf(path), status, cancellationToken).ConfigureAwait(false)
                : e;
        }
    }

    private async Task PlaceAsync(SftpSession session, string part, CancellationToken cancellationToken)
    {
        try
        {
            if (session.CanLink)
            {
                try
                {
                    await session.LinkAsync(part, path, cancellationToken).ConfigureAwait(false);
                    await DropAsync(session, part, cancellationToken).ConfigureAwait(false);
                    return;
                }
                catch (SftpStatusException)
                {
                    // Taken, or a file system without links; the rename finds out which.
                }
            }

            await session.RenameAsync(part, path, cancellationToken).ConfigureAwait(false);
        }
        catch (SftpStatusException)
        {
            if (await session.FindAsync(path, cancellationToken).ConfigureAwait(false) is not null)
            {
                throw new BlobExistsException(link.Store, name);
            }

            throw;
        }
    }

    private async Task ReplaceAsync(SftpSession session, string part, CancellationToken cancellationToken)
    {
        if (session.CanReplace)
        {
            await session.ReplaceAsync(part, path, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await session.FindAsync(path, cancellationToken).ConfigureAwait(false) is not null)
        {
            await session.RemoveAsync(path, cancellationToken).ConfigureAwait(false);
        }

        await session.RenameAsync(part, path, cancellationToken).ConfigureAwait(false);
    }

    private static async Task DropAsync(SftpSession session, string part, CancellationToken cancellationToken)
    {
        try
        {
            await session.RemoveAsync(part, cancellationToken).ConfigureAwait(false);
        }
        catch (SftpStatusException)
        {
            // The object is there; a part that stays is listed as unfinished.
        }
    }

    // Whether what has the name is what an earlier attempt put there before its answer was lost.
    private async Task<SftpAttributes?> FindOwnAsync(SftpSession session, string part, long size, byte[]? content, CancellationToken cancellationToken)
    {
        if (await session.FindAsync(path, cancellationToken).ConfigureAwait(false) is not { } found || found.Size != size)
        {
            return null;
        }

        if (content is null)
        {
            // A large part is the same one in every attempt: moved away it has become the object, linked it has the object's times.
            return await session.FindAsync(part, cancellationToken).ConfigureAwait(false) is not { } left || left.Modified == found.Modified ? found : null;
        }

        var there = new SftpReadStream(link, name, path, 0, length: null);
        await using var end = there.ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await there.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray().AsSpan().SequenceEqual(content) ? found : null;
    }
}
