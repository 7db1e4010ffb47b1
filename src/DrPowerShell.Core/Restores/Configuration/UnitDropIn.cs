using System.Text;
using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>The drop-in of our own that re-states what a restore changes in a unit.</summary>
internal static class UnitDropIn
{
    // Drop-ins count in the order of their names, whatever folder they are in.
    private static readonly string[] Names = [MemberConfigurationEdit.DropInName, "zz-drpowershell-restore.conf"];

    /// <summary>Where it is, or would be: its name is after those of all drop-ins that say anything of the command or the variables.</summary>
    public static string Path(string host, ServiceUnit unit)
    {
        var last = unit.LastFile[(unit.LastFile.LastIndexOf('/') + 1)..];
        var name = unit.LastFile.EndsWith(".conf", StringComparison.Ordinal) ? Names.FirstOrDefault(one => string.CompareOrdinal(one, last) >= 0) : Names[0];
        return name is null
            ? throw new MemberConfigurationNotReadableException(host, unit.LastFile, 0, $"its name is after that of every drop-in of ours ({string.Join(", ", Names)}).")
            : $"/etc/systemd/system/{unit.Unit}.d/{name}";
    }

    /// <summary>The drop-in's text.</summary>
    /// <param name="path">Where it is to be: what it says already stays.</param>
    /// <param name="unit">The unit as it is.</param>
    /// <param name="variables">Variables to set.</param>
    /// <param name="flags">Flags to set.</param>
    public static byte[] Write(string path, ServiceUnit unit, IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, string> flags)
    {
        var text = new StringBuilder("# Written by DrPowerShell for a restore. Without this file the unit is as it was before.\n[Service]\n");
        var all = unit.Environment.Where(one => one.Value.Origin.Path == path).ToDictionary(one => one.Key, one => one.Value.Value, StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        foreach (var (name, value) in all.OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            text.Append("Environment=").Append(UnitWords.Quote($"{name}={value}", isCommand: false)).Append('\n');
        }

        if (flags.Count > 0 || unit.ExecStart?.Origin.Path == path)
        {
            text.Append("ExecStart=\nExecStart=").Append(unit.With(flags)).Append('\n');
        }

        return TextBytes.Write(text.ToString());
    }
}
