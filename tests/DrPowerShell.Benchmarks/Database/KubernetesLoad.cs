using System.Diagnostics;
using System.Globalization;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace DrPowerShell.Benchmarks.Database;

/// <summary>
/// Fills an etcd as a Kubernetes API server does over months: most objects are written again and again, and compaction leaves free pages
/// between those that stay.
/// </summary>
internal sealed class KubernetesLoad(Uri endpoint, long size)
{
    private const int BytesPerTransaction = 1 << 20;
    private const int TransactionsAtOnce = 4;
    private const int MeanValue = (SmallValue + LargeValue) / 2;
    private const int SmallValue = 1024;
    private const int LargeValue = 4096;

    private static readonly string[] Kinds = ["pods", "configmaps", "secrets", "events", "replicasets", "endpointslices", "leases", "deployments"];

    private readonly int _keys = (int)Math.Max(100, size / MeanValue);

    /// <summary>Writes every key once, four of five again in another order, a fifth of them a third time, and compacts.</summary>
    public async Task RunAsync(Action<string> say)
    {
        var clock = Stopwatch.StartNew();
        using var channel = GrpcChannel.ForAddress(endpoint);
        var client = new KV.KVClient(channel);
        var changing = Enumerable.Range(0, _keys).Where(i => i % 5 != 0).ToArray();
        new Random(1).Shuffle(changing);
        var writes = Enumerable.Range(0, _keys).Select(i => (Key: i, Pass: 0))
            .Concat(changing.Select(i => (Key: i, Pass: 1)))
            .Concat(changing.Take(_keys / 5).Select(i => (Key: i, Pass: 2)));
        var options = new ParallelOptions { MaxDegreeOfParallelism = TransactionsAtOnce };
        await Parallel.ForEachAsync(Transactions(writes), options, async (transaction, cancellation) =>
            await WriteAsync(client, transaction, cancellation));
        var status = await client.RangeAsync(new RangeRequest { Key = ByteString.CopyFrom(0), Limit = 1, KeysOnly = true });
        await client.CompactAsync(new CompactionRequest { Revision = status.Header.Revision, Physical = true });
        say(string.Create(CultureInfo.InvariantCulture, $"{_keys:N0} keys written in {clock.Elapsed.TotalSeconds:F0} s."));
    }

    // On a busy machine etcd gives a write up after some seconds; written twice it only makes one revision more.
    private static async Task WriteAsync(KV.KVClient client, TxnRequest transaction, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await client.TxnAsync(transaction, cancellationToken: cancellationToken);
                return;
            }
            catch (RpcException e) when (attempt < 5 && e.StatusCode is (StatusCode.Unavailable or StatusCode.DeadlineExceeded))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }

    // No key may be in a transaction twice: every pass begins a new one.
    private static IEnumerable<TxnRequest> Transactions(IEnumerable<(int Key, int Pass)> writes)
    {
        var transaction = new TxnRequest();
        var (bytes, pass) = (0, 0);
        foreach (var write in writes)
        {
            if (bytes >= BytesPerTransaction || transaction.Success.Count == 2000 || write.Pass != pass)
            {
                yield return transaction;
                (transaction, bytes, pass) = (new TxnRequest(), 0, write.Pass);
            }

            var value = Value(write.Key, write.Pass);
            transaction.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8(KeyOf(write.Key)), Value = UnsafeByteOperations.UnsafeWrap(value) } });
            bytes += value.Length;
        }

        yield return transaction;
    }

    private static string KeyOf(int i) => string.Create(
        CultureInfo.InvariantCulture, $"/registry/{Kinds[i % Kinds.Length]}/namespace-{i / 64 % 500}/{Kinds[i % Kinds.Length]}-{(uint)i * 2654435761U:x8}-{i:D8}");

    // Half of the values around 1 KB, half around 4 KB, a fifth up and down.
    private static byte[] Value(int key, int pass)
    {
        var random = new Random((key * 4) + pass);
        var mean = random.Next(2) == 0 ? SmallValue : LargeValue;
        var value = new byte[mean * random.Next(80, 121) / 100];
        random.NextBytes(value);
        return value;
    }
}
