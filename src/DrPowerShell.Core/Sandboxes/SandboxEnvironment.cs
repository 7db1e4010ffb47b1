namespace DrPowerShell.Core.Sandboxes;

/// <summary>The environment that a sandbox's etcd sees.</summary>
internal static class SandboxEnvironment
{
    // etcd takes every flag from ETCD_* too: the user's settings for a real cluster must not reach a sandbox.
    public static void Clean(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.Where(name => name.StartsWith("ETCD_", StringComparison.Ordinal)).ToArray())
        {
            // The one setting that has no flag: 3.4 refuses to run on arm64 without it.
            if (!string.Equals(name, "ETCD_UNSUPPORTED_ARCH", StringComparison.Ordinal))
            {
                environment.Remove(name);
            }
        }
    }
}
