namespace DrPowerShell.Core.Services;

/// <summary>The full name of a unit.</summary>
internal static class SystemdUnit
{
    private static readonly string[] Endings = [".service", ".socket", ".target", ".mount", ".timer", ".path", ".slice", ".scope", ".device", ".swap", ".automount"];

    /// <summary>As systemctl completes it: an instance such as etcd@10.0.0.1 has dots and no ending.</summary>
    public static string NameOf(string name) => Array.Exists(Endings, ending => name.EndsWith(ending, StringComparison.Ordinal)) ? name : name + ".service";
}
