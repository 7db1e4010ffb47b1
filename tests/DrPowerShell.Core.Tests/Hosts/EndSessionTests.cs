using System.Diagnostics;
using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Hosts;

/// <summary>Sessions that are ended later, over another connection: only the very one that was begun.</summary>
public sealed class EndSessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_whose_number_went_to_another_is_left_alone()
    {
        using var leader = Process.Start("setsid", ["sleep", "90007.5"]);
        try
        {
            await Eventually.IsTrueAsync(async () => (await StatAsync(leader.Id)).Contains("(sleep)", StringComparison.Ordinal), "it runs", cancellationToken: Token);
            var began = (await StatAsync(leader.Id)).Split(' ')[21];

            await EndAsync(leader.Id, "1", await BootAsync());
            await EndAsync(leader.Id, began, "another-boot");
            Assert.False(leader.HasExited);

            await EndAsync(leader.Id, began, await BootAsync());
            await leader.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
        }
        finally
        {
            leader.Kill();
        }
    }

    [Fact]
    public async Task What_a_leader_that_has_ended_left_behind_is_ended()
    {
        using var leader = Process.Start("setsid", ["sh", "-c", "sleep 90008.5 & exit 0"]);
        await leader.WaitForExitAsync(Token);
        Assert.True(await RunsAsync());

        await EndAsync(leader.Id, "1", await BootAsync());

        await Eventually.IsTrueAsync(async () => !await RunsAsync(), "it has ended", cancellationToken: Token);

        static async Task<bool> RunsAsync() => (await Command.RunAsync("pgrep", ["-f", "90008.5"])).ExitCode == 0;
    }

    [Fact]
    public async Task What_is_stopped_already_is_ended_too()
    {
        using var leader = Process.Start("setsid", ["sh", "-c", "sleep 90009.5; sleep 90009.5"]);
        await Eventually.IsTrueAsync(async () => (await Command.RunAsync("pkill", ["-STOP", "-f", "90009.5"])).ExitCode == 0 && (await StatAsync(leader.Id)).Contains(") T ", StringComparison.Ordinal), "it is stopped", cancellationToken: Token);

        await EndAsync(leader.Id, "", "");

        await leader.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
        await Eventually.IsTrueAsync(async () => (await Command.RunAsync("pgrep", ["-f", "90009.5"])).ExitCode == 1, "it has ended", cancellationToken: Token);
    }

    private static async Task<string> BootAsync() => (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", Token)).Trim();

    private static Task<string> StatAsync(int id) => File.ReadAllTextAsync($"/proc/{id}/stat", Token);

    private static async Task EndAsync(int session, string began, string boot) => (await Command.RunAsync(
        "/bin/sh", ["-c", HostScripts.EndSession, "drpowershell", session.ToString(CultureInfo.InvariantCulture), began, boot])).ThrowIfFailed();
}
