using System.Runtime.CompilerServices;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Tests.Repositories;

/// <summary>Passes every call on, after a hook that may throw, or that kills: from then on nothing reaches the store any more.</summary>
internal sealed class FaultyBlobStore(IBlobStore inner) : IBlobStore
{
    private int _calls;

    public Uri Location => At ?? inner.Location;

    /// <summary>Where it says that it is; null for the store's own word.</summary>
    public Uri? At { get; init; }

    /// <summary>Is told each call's name and object before it is made: begin, write, complete, read, find, list, delete, retention, unfinished, abort.</summary>
    public Action<string, string> Before { get; set; } = (_, _) => { };

    /// <summary>The process ends before its n-th call, counted from 0: that call and all later ones fail, clean-up included.</summary>
    public int? KillAt { get; set; }

    public int Calls => _calls;

    public async Task<UploadStream> BeginPutAsync(string name, BlobPutOptions options, CancellationToken cancellationToken)
    {
        Call("begin", name);
        return new Upload(this, name, await inner.BeginPutAsync(name, options, cancellationToken));
    }

    public Task<Stream> OpenReadAsync(string name, long offset, long? length, CancellationToken cancellationToken)
    {
        Call("read", name);
        return inner.OpenReadAsync(name, offset, length, cancellationToken);
    }

    public Task<BlobInfo?> FindAsync(string name, CancellationToken cancellationToken)
    {
        Call("find", name);
        return inner.FindAsync(name, cancellationToken);
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Call("list", prefix);
        await foreach (var blob in inner.ListAsync(prefix, cancellationToken))
        {
            yield return blob;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Call("delete", name);
        return inner.DeleteAsync(name, cancellationToken);
    }

    public Task<BlobRetention?> GetRetentionAsync(string name, CancellationToken cancellationToken)
    {
        Call("retention", name);
        return inner.GetRetentionAsync(name, cancellationToken);
    }

    public async IAsyncEnumerable<UnfinishedUpload> ListUnfinishedAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Call("unfinished", prefix);
        await foreach (var upload in inner.ListUnfinishedAsync(prefix, cancellationToken))
        {
            yield return upload;
        }
    }

    public Task AbortAsync(UnfinishedUpload upload, CancellationToken cancellationToken)
    {
        Call("abort", upload.Name);
        return inner.AbortAsync(upload, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private void Call(string act, string name)
    {
        if (Interlocked.Increment(ref _calls) > KillAt)
        {
            throw new KilledException();
        }

        Before(act, name);
    }

    private sealed class Upload(FaultyBlobStore store, string name, UploadStream inner) : UploadStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            store.Call("write", name);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task<BlobInfo> CompleteAsync(CancellationToken cancellationToken)
        {
            store.Call("complete", name);
            return inner.CompleteAsync(cancellationToken);
        }

        // A killed process cleans nothing up.
        public override ValueTask DisposeAsync() => store._calls > store.KillAt ? ValueTask.CompletedTask : inner.DisposeAsync();
    }
}

/// <summary>Stands for the end of the process.</summary>
internal sealed class KilledException() : Exception("The process was killed here.");
