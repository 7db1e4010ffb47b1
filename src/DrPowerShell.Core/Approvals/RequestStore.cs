using System.Runtime.CompilerServices;
using DrPowerShell.Core.Approvals.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Approvals;

/// <summary>Requests in a repository, below <c>.requests/</c>.</summary>
/// <remarks>
/// <c>ID.request.json</c> is the bundle as the requester stored it; each approval comes as a bundle of its own, <c>ID.approval-DIGEST.json</c>, so
/// that two who approve at once do not write the same object. No object is ever replaced.
/// </remarks>
public sealed class RequestStore(IBlobStore store)
{
    private const string RequestEnding = ".request.json";
    private const string ApprovalMark = ".approval-";

    /// <summary>Stores what is not there yet of a bundle: the request, and its approvals.</summary>
    public async Task SaveAsync(ApprovalBundle bundle, CancellationToken cancellationToken)
    {
        await PutAsync(bundle.Request.Id + RequestEnding, bundle.With(_ => false), cancellationToken).ConfigureAwait(false);
        foreach (var (digest, one) in bundle.Single())
        {
            await PutAsync($"{bundle.Request.Id}{ApprovalMark}{digest[..16]}.json", one, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a request with all approvals that were stored.</summary>
    /// <exception cref="RequestNotFoundException">There is none.</exception>
    /// <exception cref="ApprovalAlteredException">A part of it was changed after it was signed.</exception>
    public async Task<ApprovalBundle> ReadAsync(string id, CancellationToken cancellationToken)
    {
        ApprovalBundle? all = null;
        var names = ApprovalBundle.IsId(id) ? await NamesAsync(id + ".", cancellationToken).ConfigureAwait(false) : [];
        foreach (var name in names.Where(name => name.EndsWith(RequestEnding, StringComparison.Ordinal) || name.Contains(ApprovalMark, StringComparison.Ordinal)))
        {
            var read = ApprovalBundle.Read(await store.ReadAllAsync(name, cancellationToken).ConfigureAwait(false), name);
            all = all is null ? read : all.Merge(read);
        }

        return all?.Request.Id == id ? all : throw new RequestNotFoundException(id, store.Location);
    }

    /// <summary>The ids of the requests that there are, oldest first.</summary>
    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var name in await NamesAsync("", cancellationToken).ConfigureAwait(false))
        {
            if (name.EndsWith(RequestEnding, StringComparison.Ordinal) && name[BackupNames.RequestFolder.Length..^RequestEnding.Length] is var id && ApprovalBundle.IsId(id))
            {
                yield return id;
            }
        }
    }

    private async Task<IReadOnlyList<string>> NamesAsync(string prefix, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var blob in store.ListAsync(BackupNames.RequestFolder + prefix, cancellationToken).ConfigureAwait(false))
        {
            names.Add(blob.Name);
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private async Task PutAsync(string name, ApprovalBundle bundle, CancellationToken cancellationToken)
    {
        try
        {
            await store.PutAsync(BackupNames.RequestFolder + name, bundle.ToFile(), new() { OnlyIfAbsent = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobExistsException)
        {
            // Stored before: the name of an approval tells its content, and requests are told apart when they are read.
        }
    }
}
