using System.Runtime.InteropServices;

namespace DrPowerShell.CrashHost;

/// <summary>Ends the process as the kernel would.</summary>
internal static partial class Signals
{
    private const int SigKill = 9;

    public static void KillSelf()
    {
        _ = Kill(Environment.ProcessId, SigKill);
        // The signal is delivered before this returns to managed code; nothing may happen in between.
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
