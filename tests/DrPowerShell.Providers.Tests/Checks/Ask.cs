using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Secrets;
using Xunit;

namespace DrPowerShell.Providers.Tests.Checks;

/// <summary>Checks as a plan has them, but without its patience.</summary>
internal static class Ask
{
    public static SecretReference Secret { get; } = SecretReference.TryParse("env:PROBE_SECRET", "/", out var reference) ? reference : throw new InvalidOperationException();

    /// <summary>One that fails the first time is given up soon; one that passes has all the time that a busy machine needs.</summary>
    public static CheckSection Section(CheckKind kind) => new()
    {
        Name = "it", Type = kind, Deadline = TimeSpan.FromSeconds(20), Interval = TimeSpan.FromMilliseconds(50), Timeout = TimeSpan.FromSeconds(15),
    };

    public static Task<CheckResult> RunAsync(this CheckSection check, CheckWorld? world = null) =>
        BusinessCheck.RunAsync(check, world ?? new CheckWorld(), null, TestContext.Current.CancellationToken);

    public static async Task<CheckResult> PassesAsync(this CheckSection check, CheckWorld? world = null)
    {
        var result = await check.RunAsync(world);
        Assert.True(result.Passed, result.ToString());
        return result;
    }

    /// <summary>Runs a check that does not pass, however often it is asked, and returns what it says.</summary>
    public static async Task<CheckResult> FailsAsync(this CheckSection check, CheckWorld? world = null)
    {
        var result = await (check with { Deadline = TimeSpan.FromSeconds(3), Interval = TimeSpan.FromSeconds(1) }).RunAsync(world);
        Assert.False(result.Passed, result.ToString());
        return result;
    }

    public static CheckWorld With(string secret) => new() { Secrets = new Dictionary<SecretReference, string> { [Secret] = secret } };
}
