using System.Diagnostics;
using DrPowerShell.Core.Ports;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>Tests that measure the whole process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(SftpMemoryTests), DisableParallelization = true)]
[Collection(nameof(SftpMemoryTests))]
public sealed class SftpMemoryTests(SharedSshServer ssh, ITestOutputHelper output) : IDisposable
{
    private const int Size = 200 << 20;

    private readonly TempFolder _folder = new("sftp");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_hundred_megabytes_go_up_and_down_in_little_memory()
    {
        await using var store = await SharedSshServer.OpenAsync(ssh.Options(_folder.FullName));
        var block = new byte[1 << 20];
        Random.Shared.NextBytes(block);
        using var process = Process.GetCurrentProcess();
        GC.Collect();
        process.Refresh();
        var (before, highest) = (process.WorkingSet64, 0L);
        void Measure()
        {
            process.Refresh();
            highest = Math.Max(highest, process.WorkingSet64);
        }

        var clock = Stopwatch.StartNew();
        await using (var upload = await store.BeginPutAsync("prod/big", new(), default))
        {
            for (var sent = 0; sent < Size; sent += block.Length)
            {
                await upload.WriteAsync(block);
                Measure();
            }

            await upload.CompleteAsync(default);
        }

        var up = clock.Elapsed;
        clock.Restart();
        await using (var source = await store.OpenReadAsync("prod/big", 0, null, default))
        {
            for (var read = 0; read < Size; read += block.Length)
            {
                await source.ReadExactlyAsync(block);
                Measure();
            }
        }

        output.WriteLine($"up {Size / up.TotalSeconds / 1e6:N0} MB/s, down {Size / clock.Elapsed.TotalSeconds / 1e6:N0} MB/s, {(highest - before) >> 20} MB more");
        Assert.InRange(highest - before, long.MinValue, 64 << 20);
    }
}
