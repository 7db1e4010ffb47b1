using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Etcd.Raft;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Etcd.Snapshots.Restore;

namespace DrPowerShell.Benchmarks.Acts;

/// <summary>The acts as the cmdlets carry them out, in a process that does nothing else.</summary>
internal static class OurAct
{
    /// <summary>Carries out requests, one a line, until there are no more: a shell that stays open.</summary>
    public static async Task<int> ServeAsync()
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var answer = await MeasureAsync(JsonSerializer.Deserialize<ActRequest>(line)!);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer));
        }

        return 0;
    }

    /// <summary>Carries out one request and ends: a command.</summary>
    public static async Task<int> RunOnceAsync(string request)
    {
        await RunAsync(JsonSerializer.Deserialize<ActRequest>(request)!);
        return 0;
    }

    private static async Task<ActAnswer> MeasureAsync(ActRequest request)
    {
        if (request.Name == ImportTime.Name)
        {
            return new ActAnswer(ImportTime.Measure(), 0, "");
        }

        var processor = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        var facts = await RunAsync(request);
        return new ActAnswer(clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds, facts);
    }

    private static Task<string> RunAsync(ActRequest request) => request.Name switch
    {
        "save" => SaveAsync(request),
        "status" => StatusAsync(request),
        "verify" => VerifyAsync(request),
        "restore" => RestoreAsync(request, Act.SingleMember, compact: false),
        "dense" => RestoreAsync(request, Act.SingleMember, compact: true),
        "restore3" => RestoreAsync(request, Act.Members, compact: false),
        "dense3" => RestoreAsync(request, Act.Members, compact: true),
        "offsite" => OffsiteAsync(request, idle: false),
        "offsite-idle" => OffsiteAsync(request, idle: true),
        _ => IdleAsync(request),
    };

    // What memory is measured against: the assemblies are loaded and have spoken to a server, and no snapshot was touched.
    private static async Task<string> IdleAsync(ActRequest request)
    {
        await using var cluster = await ConnectAsync(request);
        return "";
    }

    private static async Task<string> SaveAsync(ActRequest request)
    {
        await using var cluster = await ConnectAsync(request);
        var options = new SnapshotBackupOptions { Path = request.Target, Level = VerificationLevel.Digest };
        await new SnapshotBackup().RunAsync(cluster, options, progress: null, decisions: null, CancellationToken.None);
        return "";
    }

    // One pass through memory alone, as in a sandbox without a disk; idle, everything but the backup.
    private static async Task<string> OffsiteAsync(ActRequest request, bool idle)
    {
        await using var cluster = await ConnectAsync(request);
        var access = RepositoryUri.Parse(request.Target) with { Encryption = new EncryptionTarget { Recipients = [request.Recipient] } };
        await using var repository = await SnapshotRepository.OpenAsync(access, CancellationToken.None);
        if (!idle)
        {
            var options = new RepositoryBackupOptions { ClusterName = "bench", Level = VerificationLevel.Digest, NoSpool = true };
            await new RepositoryBackup().RunAsync(cluster, repository, options, progress: null, decisions: null, CancellationToken.None);
        }

        return "";
    }

    private static async Task<string> StatusAsync(ActRequest request)
    {
        using var source = FileByteSource.Open(request.Snapshot);
        // As if the digest had been checked already: etcdutl does not read it here either.
        var result = await new SnapshotVerifier().VerifyAsync(source, VerificationLevel.Structure, null, CancellationToken.None, provenDigest: "-");
        return result.IsValid && result.Status is { } status
            ? string.Create(CultureInfo.InvariantCulture, $"{status.Hash:x}, {status.Revision}, {status.TotalKeyV35}")
            : throw new InvalidOperationException($"{request.Snapshot} is not sound.");
    }

    private static async Task<string> VerifyAsync(ActRequest request)
    {
        var result = await new SnapshotVerifier().VerifyAsync(request.Snapshot, VerificationLevel.Full, null, CancellationToken.None);
        return result.IsValid ? "" : throw new InvalidOperationException($"{request.Snapshot} is not valid.");
    }

    private static async Task<string> RestoreAsync(ActRequest request, string members, bool compact)
    {
        var topology = ClusterTopology.Parse(members);
        var options = new RestoreOptions
        {
            Topology = topology,
            Targets = [.. topology.Members.Select(m => new RestoreTarget(m.Name, topology.Members.Count == 1 ? request.Target : $"{request.Target}-{m.Name}"))],
            Compact = compact,
        };
        await new SnapshotRestorer().RestoreAsync(request.Snapshot, options, null, CancellationToken.None);
        return "";
    }

    private static Task<IEtcdCluster> ConnectAsync(ActRequest request) =>
        ProviderLoader.Catalog.Etcd.ConnectAsync(new EtcdConnectionOptions { Endpoints = [new Uri(request.Endpoint)] }, CancellationToken.None);
}
