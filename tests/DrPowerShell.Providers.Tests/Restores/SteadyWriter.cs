using System.Collections.Concurrent;
using System.Diagnostics;
using DrPowerShell.Testing.Etcd;

namespace DrPowerShell.Providers.Tests.Restores;

/// <summary>A client that writes one key after the other, to the next member where one does not answer, and counts how long it could not.</summary>
internal sealed class SteadyWriter : IDisposable
{
    private readonly ConcurrentBag<string> acknowledged = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Task work;
    private long longest;

    public SteadyWriter(ServiceCluster cluster, params int[] members) => work = Task.Run(() => WriteAsync(cluster, members));

    /// <summary>The keys that were acknowledged.</summary>
    public IReadOnlyCollection<string> Acknowledged => acknowledged;

    /// <summary>The longest time from one acknowledged write to the next.</summary>
    public TimeSpan LongestPause => TimeSpan.FromTicks(Interlocked.Read(ref longest));

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await work;
    }

    public void Dispose() => stop.Dispose();

    private async Task WriteAsync(ServiceCluster cluster, int[] members)
    {
        var last = Stopwatch.GetTimestamp();
        for (var (number, at) = (0, 0); !stop.IsCancellationRequested; number++)
        {
            var key = $"/steady/{number:D6}";
            try
            {
                await (await cluster.OpenLoadAsync(members[at % members.Length])).PutAsync(key, "steady");
                acknowledged.Add(key);
                Interlocked.Exchange(ref longest, Math.Max(longest, Stopwatch.GetElapsedTime(last).Ticks));
                last = Stopwatch.GetTimestamp();
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException or OperationCanceledException)
            {
                at++;
            }

            await Task.Delay(10);
        }
    }
}
