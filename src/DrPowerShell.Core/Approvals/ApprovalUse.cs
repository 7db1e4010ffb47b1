using System.Text.Json;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Locking;

namespace DrPowerShell.Core.Approvals;

/// <summary>Which run used a request up: <c>.requests/ID.used.json</c> in the repository, and the same in the state folder of this machine.</summary>
public sealed record UseMark
{
    public required string Request { get; init; }

    public required string Run { get; init; }

    /// <summary>user@host.</summary>
    public required string By { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Time { get; init; }
}

/// <summary>Sees to it that a request lets one run begin, and no second.</summary>
public static class ApprovalUse
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Uses a request up; the run that used it may do so again, as it does when it is resumed.</summary>
    /// <param name="store">The repository; null where there is none. One that does not answer is an error: another machine may have used it.</param>
    /// <param name="stateFolder">The state folder of this machine.</param>
    /// <param name="request">The request's id.</param>
    /// <param name="run">The run's id.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ApprovalUsedException">Another run has used it.</exception>
    public static async Task<UseMark> TakeAsync(IBlobStore? store, string stateFolder, string request, string run, TimeProvider time, CancellationToken cancellationToken)
    {
        var mark = new UseMark { Request = request, Run = run, By = $"{Environment.UserName}@{Environment.MachineName}", Time = time.GetUtcNow() };
        var local = Local(stateFolder);
        await using var end = local.ConfigureAwait(false);
        RequireOurs(await ReadAsync(local, request, cancellationToken).ConfigureAwait(false), run);
        if (store is not null)
        {
            mark = await TakeAsync(store, mark, time, cancellationToken).ConfigureAwait(false);
        }

        return await PutAsync(local, mark, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Which run has used a request up, as far as these places know; null for none.</summary>
    public static async Task<UseMark?> FindAsync(IBlobStore? store, string stateFolder, string request, CancellationToken cancellationToken)
    {
        var known = store is null ? null : await ReadAsync(store, request, cancellationToken).ConfigureAwait(false);
        if (known is not null || !Directory.Exists(stateFolder))
        {
            return known;
        }

        var local = Local(stateFolder);
        await using var end = local.ConfigureAwait(false);
        return await ReadAsync(local, request, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<UseMark> TakeAsync(IBlobStore store, UseMark mark, TimeProvider time, CancellationToken cancellationToken)
    {
        // Folders and SFTP rename exclusively. Some S3 servers ignore conditions: there a lock of puts and lists lets one in at a time.
        if (store.Location.Scheme is "file" or "sftp")
        {
            return await PutAsync(store, mark, cancellationToken).ConfigureAwait(false);
        }

        if (await ReadAsync(store, mark.Request, cancellationToken).ConfigureAwait(false) is { } known)
        {
            return RequireOurs(known, mark.Run)!;
        }

        var held = await RepositoryLock.TakeAsync(store, mark.Request, mark.Run, Patience, time, cancellationToken).ConfigureAwait(false);
        await using var release = held.ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, cancellationToken);
        return await ReadAsync(store, mark.Request, either.Token).ConfigureAwait(false) is { } other
            ? RequireOurs(other, mark.Run)!
            : await PutAsync(store, mark, either.Token).ConfigureAwait(false);
    }

    // What is read back decides, whatever the server answered.
    private static async Task<UseMark> PutAsync(IBlobStore store, UseMark mark, CancellationToken cancellationToken)
    {
        try
        {
            await store.PutAsync(
                BackupNames.RequestUse(mark.Request), JsonSerializer.SerializeToUtf8Bytes(mark, ApprovalJson.Default.UseMark), new() { OnlyIfAbsent = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobExistsException)
        {
            // Whose it is is read now.
        }

        return RequireOurs(await ReadAsync(store, mark.Request, cancellationToken).ConfigureAwait(false), mark.Run) ?? mark;
    }

    private static UseMark? RequireOurs(UseMark? mark, string run) => mark is null || mark.Run == run ? mark : throw new ApprovalUsedException(mark.Request, mark.Run, mark.By, mark.Time);

    private static async Task<UseMark?> ReadAsync(IBlobStore store, string request, CancellationToken cancellationToken)
    {
        var name = BackupNames.RequestUse(request);
        try
        {
            var file = await store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(file, ApprovalJson.Default.UseMark) is { } mark && mark.Request == request
                ? mark
                : throw new RequestNotReadableException(name, "it is about another request.");
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new RequestNotReadableException(name, e.Message, e);
        }
    }

    private static IBlobStore Local(string stateFolder)
    {
        Directory.CreateDirectory(stateFolder);
        return FolderBlobStore.Open(new Uri(Path.TrimEndingDirectorySeparator(Path.GetFullPath(stateFolder)) + Path.DirectorySeparatorChar));
    }
}
