using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using Etcdserverpb;
using Google.Protobuf;

namespace DrPowerShell.Providers.Etcd;

/// <summary>Opens connections on the generated clients of dotnet-etcd, one channel a member.</summary>
internal sealed class EtcdConnector : IEtcdConnector
{
    public async Task<IEtcdCluster> ConnectAsync(EtcdConnectionOptions options, CancellationToken cancellationToken)
    {
        if (options.Endpoints.Count == 0)
        {
            throw new EtcdEndpointNotValidException("", "it is empty");
        }

        foreach (var endpoint in options.Endpoints)
        {
            EndpointUrl.Require(endpoint);
        }

        var caller = new EtcdCaller(options);
        try
        {
            await ProveAsync(caller, options.Endpoints, cancellationToken).ConfigureAwait(false);
            return new EtcdCluster(options, caller);
        }
        catch
        {
            caller.Dispose();
            throw;
        }
    }

    // All at once: an endpoint that swallows packets must not hold up the others. The first answer decides.
    private static async Task ProveAsync(EtcdCaller caller, IReadOnlyList<Uri> endpoints, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var attempts = endpoints.Select(e => ProveAsync(caller, e, enough.Token)).ToList();
        var failures = new List<RecoveryException>();
        try
        {
            while (attempts.Count > 0)
            {
                var done = await Task.WhenAny(attempts).ConfigureAwait(false);
                attempts.Remove(done);
                try
                {
                    await done.ConfigureAwait(false);
                    return;
                }
                catch (RecoveryException e) when (CallFailures.AnotherMayAnswer(e))
                {
                    failures.Add(e);
                }
            }
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(attempts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw EtcdCaller.MostTelling(failures);
    }

    // Status answers without a user, even where authentication is on. A read of one key needs one, works without a quorum, and a user
    // who may not read it has proven who they are.
    private static async Task ProveAsync(EtcdCaller caller, Uri endpoint, CancellationToken cancellationToken)
    {
        var request = new RangeRequest { Key = ByteString.CopyFrom(0), Serializable = true, Limit = 1, CountOnly = true };
        try
        {
            await caller.CallAsync(endpoint, EtcdAct.CheckAccess, (i, o) => new KV.KVClient(i).RangeAsync(request, o), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (EtcdPermissionDeniedException)
        {
        }
    }
}
