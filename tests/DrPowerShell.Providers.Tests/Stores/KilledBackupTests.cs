using System.Diagnostics;
using System.Security.Cryptography;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Collecting;
using DrPowerShell.Core.Repositories.Locking;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Providers.Tests.Etcd;
using DrPowerShell.Providers.Tests.Sftp;
using DrPowerShell.Testing;
using DrPowerShell.Testing.Etcd;
using DrPowerShell.Testing.Stores;
using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>
/// Processes that are killed (SIGKILL) while they back a real etcd up into real stores, beside another host's backup that is under way: no
/// manifest without a whole object, everything else collected once its mark has expired, the other host's backup left alone.
/// </summary>
public sealed class KilledBackupTests(S3Buckets buckets, SharedSshServer ssh) : IAsyncLifetime
{
    private const int Killed = 128 + 9;

    private readonly TempFolder _temp = new("killed");
    private EtcdTestCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Host { get; } = Path.Combine(AppContext.BaseDirectory, "DrPowerShell.BackupHost");

    // More than one part of S3's: random bytes, which zstd leaves as many as they are.
    public async ValueTask InitializeAsync()
    {
        _cluster = await EtcdTestCluster.StartAsync(EtcdBinaries.V35, new EtcdClusterOptions());
        await using var cluster = await _cluster.ConnectAsync();
        for (var i = 0; i < 10; i++)
        {
            await cluster.PutAsync($"/killed/{i}", Convert.ToBase64String(RandomNumberGenerator.GetBytes(900_000)), Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task In_S3_at_any_request()
    {
        var server = await CephServer.SharedAsync();
        var (bucket, prefix) = (await buckets.PlainAsync(), S3Stores.NewPrefix());
        var options = S3Stores.Options(server, bucket, prefix);
        await using var repository = await SnapshotRepository.OpenAsync(options, Token);
        await using var other = await OtherHost.BeginAsync(repository);
        var (kills, done) = (0, false);
        for (var dies = 2; !done; dies++)
        {
            Process? process = null;
            var (n, at) = (0, dies);
            await using var proxy = new FaultyHttpProxy(server.Endpoint, head =>
            {
                if (Interlocked.Increment(ref n) != at)
                {
                    return null;
                }

                process!.Kill();
                process.WaitForExit();
                return new HttpFault.CutRequest(head.ContentLength / 2);
            });
            var uri = $"s3://{bucket}/{prefix}?endpoint={Uri.EscapeDataString(proxy.Url.ToString())}&region={server.Region}&pathStyle=true";
            using (process = Start(uri))
            {
                process.StandardInput.WriteLine();
                done = await EndAsync(process) == 0;
            }

            kills += done ? 0 : 1;
            await RequireWholeAsync(repository);
        }

        // Pending mark, upload, two parts, completion, looks, manifest, looks, the mark's end.
        Assert.InRange(kills, 8, 30);
        await CollectAsync(repository, other, options with { UnfinishedAfter = TimeSpan.FromSeconds(3) });
    }

    [Fact]
    public async Task Over_SFTP_at_any_answer()
    {
        var options = ssh.Options(_temp.CreateFolder("store"));
        await using var repository = await SnapshotRepository.OpenAsync(options, Token);
        await using var other = await OtherHost.BeginAsync(repository);
        var (spoken, again) = (0L, 0);
        const int Points = 8;
        for (var i = 0; i <= Points; i++)
        {
            await using var proxy = new DelayingProxy(new Uri($"tcp://127.0.0.1:{ssh.Server.Port}"));
            if (i > 0)
            {
                proxy.CutAfterBytes = 1 + (spoken * i / (Points + 1));
            }

            using var process = Start($"sftp://{ssh.Server.User}@127.0.0.1:{proxy.Url.Port}{_temp["store"]}", ssh.Server.Key, ssh.KnownHosts);
            process.StandardInput.WriteLine();
            if (i == 0)
            {
                // Once to its end: what a server says meanwhile is what the others are cut short of.
                Assert.Equal(0, await EndAsync(process));
                spoken = proxy.BytesToClient;
            }
            else
            {
                await Task.WhenAny(proxy.WasCut, process.WaitForExitAsync(Token));
                process.Kill();
                if (await EndAsync(process) != Killed)
                {
                    // It was told less than the first one, and came to its end before the cut: the same point once more, of what it was told.
                    Assert.True(again++ < 5, $"point {i} is not reached");
                    spoken = Math.Min(spoken, proxy.BytesToClient);
                    i--;
                }
            }

            await RequireWholeAsync(repository);
        }

        await CollectAsync(repository, other, options with { UnfinishedAfter = TimeSpan.FromSeconds(3) });
    }

    private Process Start(string uri, params string[] more)
    {
        var keys = CephServer.SharedAsync().GetAwaiter().GetResult().Owner;
        var start = new ProcessStartInfo(Host, [EtcdClusterPlan.Text(_cluster.Endpoints[0]), uri, .. more]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["AWS_ACCESS_KEY_ID"] = keys.AccessKey;
        start.Environment["AWS_SECRET_ACCESS_KEY"] = keys.SecretKey;
        return Process.Start(start)!;
    }

    private static async Task<int> EndAsync(Process process)
    {
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode is 0 or Killed, error);
        return process.ExitCode;
    }

    private static async Task RequireWholeAsync(SnapshotRepository repository)
    {
        await foreach (var backup in repository.ListAsync(BackupFilter.All, null, Token))
        {
            var result = await new StoredSnapshotTest(repository).TestAsync(backup, new() { Level = VerificationLevel.None, RecordProof = false }, null, null, Token);
            Assert.True(result.IsValid, string.Join('\n', result.Findings));
        }
    }

    // Nothing before the marks are old; then everything that no manifest names, and never what the other host has there.
    private static async Task CollectAsync(SnapshotRepository repository, OtherHost other, RepositoryOptions soon)
    {
        Assert.Empty(await FindAsync(repository, await StoreTimeAsync(repository)));
        await using var impatient = await SnapshotRepository.OpenAsync(soon, Token);
        var collector = new RepositoryCollector(impatient);
        var collected = 0;
        await Eventually.IsTrueAsync(
            async () =>
            {
                await other.RenewAsync();
                var now = await StoreTimeAsync(impatient);
                foreach (var leftover in await FindAsync(impatient, now))
                {
                    Assert.NotEqual(other.Id, leftover.Backup);
                    collected += await collector.CollectAsync(leftover, now, Token) ? 1 : 0;
                }

                var left = await LeftAsync(impatient, other.Id);
                return left.Count == 0 ? true : throw new InvalidOperationException($"left: {string.Join(", ", left)}");
            },
            "everything that dead processes left is collected",
            TimeSpan.FromMinutes(2),
            Token);
        Assert.True(collected >= 5, $"only {collected} leftovers were there to collect");
        await RequireWholeAsync(impatient);
        Assert.NotNull(await impatient.Store.FindAsync(BackupNames.Pending(other.Id), Token));
        Assert.NotNull(await impatient.Store.FindAsync(BackupNames.Snapshot(other.Id, true, false), Token));
    }

    // What belongs neither to a whole backup nor to the other host.
    private static async Task<List<string>> LeftAsync(SnapshotRepository repository, BackupId other)
    {
        var (left, names) = (new List<string>(), new List<string>());
        await foreach (var upload in repository.Store.ListUnfinishedAsync("", Token))
        {
            left.Add($"{upload.Name} (upload of {upload.Started:T})");
        }

        await foreach (var blob in repository.Store.ListAsync("", Token))
        {
            names.Add(blob.Name);
        }

        left.AddRange(names.Where(name => BackupNames.Read(name) is var (kind, id)
            && id != other && kind != BackupObjectKind.Foreign && (kind == BackupObjectKind.Pending || !names.Contains(BackupNames.Manifest(id)))));
        return left;
    }

    private static async Task<List<CollectedObject>> FindAsync(SnapshotRepository repository, DateTimeOffset now)
    {
        var found = new List<CollectedObject>();
        await foreach (var one in new RepositoryCollector(repository).FindAsync(now, Token))
        {
            found.Add(one);
        }

        return found;
    }

    private static async Task<DateTimeOffset> StoreTimeAsync(SnapshotRepository repository) => (await repository.Store.PutAsync("clock", "now"u8.ToArray(), new(), Token)).Modified;

    /// <summary>A backup of another host that is under way: its mark and an object, and no manifest yet.</summary>
    private sealed class OtherHost(SnapshotRepository repository, BackupId id) : IAsyncDisposable
    {
        private PendingMark? _mark;

        public BackupId Id => id;

        public static async Task<OtherHost> BeginAsync(SnapshotRepository repository)
        {
            // In whole seconds, as its name says it.
            var other = new OtherHost(repository, BackupId.Parse(BackupId.New("prod", DateTimeOffset.UtcNow).ToString()));
            await other.RenewAsync();
            await repository.Store.PutAsync(BackupNames.Snapshot(other.Id, compressed: true, encrypted: false), new byte[100], new(), Token);
            return other;
        }

        public async Task RenewAsync()
        {
            if (_mark is null)
            {
                _mark = await PendingMark.SetAsync(repository.Store, id, TimeProvider.System, Token);
                return;
            }

            // Sooner than it does so itself, which is every five minutes.
            await repository.Store.PutAsync(BackupNames.Pending(id), "renewed"u8.ToArray(), new(), Token);
        }

        public async ValueTask DisposeAsync()
        {
            if (_mark is not null)
            {
                await _mark.DisposeAsync();
            }
        }
    }
}
