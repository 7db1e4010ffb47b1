using System.Diagnostics;
using System.Globalization;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>A process, so that another one can tell whether it still lives.</summary>
/// <param name="Machine">/etc/machine-id; empty where the machine has none.</param>
/// <param name="Boot">The machine's boot, and the namespace that its processes are counted in; empty where neither is known.</param>
/// <param name="Process">Its id.</param>
/// <param name="Started">When it was started, in the system's own measure: ids are used again.</param>
internal sealed record LockHolder(string Machine, string Boot, int Process, string Started)
{
    /// <summary>This process.</summary>
    public static LockHolder Here { get; } = new(MachineId(), BootId(), Environment.ProcessId, StartOf(Environment.ProcessId) ?? "");

    /// <summary>Whether it is known to have ended. Of a process on another machine nothing is known.</summary>
    public bool HasEnded() => Machine == Here.Machine && (Machine.Length > 0 && Kernel(Boot) != Kernel(Here.Boot) || Boot == Here.Boot && StartOf(Process) != Started);

    private static string Kernel(string boot) => boot.Split(' ')[0];

    private static string MachineId() => Text("/etc/machine-id");

    private static string BootId() => OperatingSystem.IsLinux() ? $"{Text("/proc/sys/kernel/random/boot_id")} {new FileInfo("/proc/self/ns/pid").LinkTarget}" : "";

    private static string Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>When a process was started; null where there is none.</summary>
    internal static string? StartOf(int id)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Field 3 is the state, 22 the start in ticks since the boot; the name before them may hold blanks. A dead one that nobody waited for has ended.
                var fields = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat")).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return fields[0] is "Z" or "X" ? null : fields[19];
            }

            using var process = System.Diagnostics.Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
