using Xunit;

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>Tests that make users or mount file systems: skipped on a developer's machine without the rights, never in CI.</summary>
internal static class Root
{
    public static void Require()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, "Only root makes users and mounts.");
        Assert.True(Environment.IsPrivilegedProcess, "CI must run this test as root.");
    }
}
