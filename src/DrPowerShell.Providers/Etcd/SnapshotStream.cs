using System.Runtime.CompilerServices;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace DrPowerShell.Providers.Etcd;

/// <summary>Streams one snapshot of one member over a connection of its own.</summary>
internal sealed class SnapshotStream(EtcdCaller caller, Uri url, EtcdConnectionOptions options, int ahead)
{
    private readonly SnapshotMessage _message = new();
    private long _received;

    public async IAsyncEnumerable<EtcdSnapshotPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var endpoint = caller.At(url);
        var channel = endpoint.EnterStream(ahead);
        try
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var call = await OpenAsync(endpoint, channel, idle, cancellationToken).ConfigureAwait(false);
            using (call)
            using (var batches = new ReceiveBatches(channel.Socket))
            {
                do
                {
                    _received += _message.Blob.Length;
                    batches.Note(_received, _message.RemainingBytes);
                    yield return new EtcdSnapshotPiece(_message.Blob, _message.RemainingBytes, _message.Version);
                }
                while (await NextAsync(endpoint, call, idle, cancellationToken).ConfigureAwait(false));
            }

            if (_message.RemainingBytes > 0)
            {
                throw Broken($"it ended {_message.RemainingBytes:N0} bytes early", inner: null);
            }
        }
        finally
        {
            endpoint.LeaveStream(channel);
        }
    }

    // The first message tells whether the call was accepted at all; until it has come, a refused token may be renewed.
    private async Task<AsyncServerStreamingCall<SnapshotMessage>> OpenAsync(
        EtcdEndpoint endpoint, EtcdChannel channel, CancellationTokenSource idle, CancellationToken cancellationToken)
    {
        string? refused = null;
        for (var renewals = 0; ; renewals++)
        {
            AsyncServerStreamingCall<SnapshotMessage>? call = null;
            try
            {
                var token = await caller.TokenAsync(channel, refused, renewals > 0, cancellationToken).ConfigureAwait(false);
                refused = token;
                var callOptions = EtcdCaller.OptionsFor(EtcdAct.StreamSnapshot, token, timeout: null, idle.Token);
                call = channel.Invoker.AsyncServerStreamingCall(Method(), host: null, callOptions, new SnapshotRequest());
                idle.CancelAfter(options.StreamIdleTimeout);
                if (!await call.ResponseStream.MoveNext(idle.Token).ConfigureAwait(false))
                {
                    throw Broken("it was empty", inner: null);
                }

                idle.CancelAfter(Timeout.InfiniteTimeSpan);
                return call;
            }
            catch (RpcException e)
            {
                call?.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
                endpoint.ThrowIfClosed();
                if (renewals == 0 && caller.MayRenew(e))
                {
                    continue;
                }

                throw idle.IsCancellationRequested && channel.Connected
                    ? Stalled(e)
                    : await caller.ExplainAsync(
                        e, endpoint, channel.Connected, EtcdAct.StreamSnapshot, options.RequestTimeout, cancellationToken)
                        .ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                call?.Dispose();
                endpoint.ThrowIfClosed();
                throw Stalled(e);
            }
            catch
            {
                call?.Dispose();
                throw;
            }
        }
    }

    private async ValueTask<bool> NextAsync(
        EtcdEndpoint endpoint,
        AsyncServerStreamingCall<SnapshotMessage> call,
        CancellationTokenSource idle,
        CancellationToken cancellationToken)
    {
        try
        {
            idle.CancelAfter(options.StreamIdleTimeout);
            var more = await call.ResponseStream.MoveNext(idle.Token).ConfigureAwait(false);
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            return more;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidDataException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            endpoint.ThrowIfClosed();
            throw idle.IsCancellationRequested ? Stalled(e) : Broken(Reason(e), e);
        }
    }

    private static string Reason(Exception error) => error switch
    {
        RpcException { Status.DebugException: null } rpc => rpc.Status.Detail.TrimEnd('.'),
        RpcException => "the connection was lost",
        _ => error.Message.TrimEnd('.'),
    };

    private EtcdSnapshotStreamStalledException Stalled(Exception inner) => new(url, _received, options.StreamIdleTimeout, inner);

    private EtcdSnapshotStreamBrokenException Broken(string reason, Exception? inner) => new(url, _received, reason, inner);

    private Method<SnapshotRequest, SnapshotMessage> Method() => new(
        MethodType.ServerStreaming,
        "etcdserverpb.Maintenance",
        "Snapshot",
        Marshallers.Create<SnapshotRequest>(
            (request, context) => context.Complete(request.ToByteArray()), _ => throw new NotSupportedException()),
        Marshallers.Create<SnapshotMessage>((_, _) => throw new NotSupportedException(), _message.Decode));
}
