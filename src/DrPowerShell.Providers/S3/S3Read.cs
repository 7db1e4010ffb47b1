using System.Net;
using Amazon.S3.Model;
using Amazon.S3;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Providers.S3;

/// <summary>Reads an object; a connection that breaks is made again where it broke, for as long as the object is still the same.</summary>
internal sealed class S3Read(S3BlobStore store, string name, string key, long offset, long? length) : DownloadStream
{
    private readonly string _act = $"read '{name}'";
    private GetObjectResponse? _response;
    private string? _tag;
    private long _at = offset;
    private long? _left = length;
    private int _failures;

    /// <summary>Asks for the bytes that are still to be read.</summary>
    /// <exception cref="BlobNotFoundException">There is no such object.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            _response = await store.Caller.CallAsync(
                _act,
                (s3, token) => s3.GetObjectAsync(
                    new GetObjectRequest { BucketName = store.Bucket, Key = key, ByteRange = Range(), EtagToMatch = _tag }, token),
                cancellationToken,
                expected: e => S3BlobStore.IsNotFound(e) || e.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable or HttpStatusCode.PreconditionFailed).ConfigureAwait(false);
            _tag = _response.ETag;
            // A range of nothing cannot be asked for: the first byte stood in for it.
            _left = _left == 0 ? 0 : _response.ContentLength;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            _left = 0;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            throw new StoreFailedException(store.Location, _act, "it was replaced by another object meanwhile.", e);
        }
        catch (AmazonS3Exception)
        {
            throw new BlobNotFoundException(store.Location, name);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var wanted = (int)Math.Min(buffer.Length, _left ?? long.MaxValue);
            if (wanted == 0)
            {
                return 0;
            }

            try
            {
                if (_response is null)
                {
                    await OpenAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var read = await _response.ResponseStream.ReadAsync(buffer[..wanted], cancellationToken)
                    .AsTask().WaitAsync(store.Caller.Patience.Answer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException($"the answer ended {_left:N0} bytes early.");
                }

                _at += read;
                _left -= read;
                _failures = 0;
                return read;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && S3Failures.MayPass(e))
            {
                _response?.Dispose();
                _response = null;
                if (++_failures > store.Caller.Patience.Retries)
                {
                    throw store.Caller.Failures.Typed(_act, e);
                }

                await Task.Delay(store.Caller.Patience.Pause(_failures), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _response?.Dispose();
            _response = null;
        }

        base.Dispose(disposing);
    }

    private ByteRange? Range() => _left switch
    {
        null when _at == 0 => null,
        null => new ByteRange($"bytes={_at}-"),
        { } left => new ByteRange(_at, _at + Math.Max(left, 1) - 1),
    };
}
