using DrPowerShell.Core.Journal.Errors;

namespace DrPowerShell.Core.Journal;

/// <summary>Where the runs of this user lie: a folder each, named by its id, with <c>journal.jsonl</c> in it.</summary>
public static class RunFolder
{
    public const string Variable = "DRPOWERSHELL_STATE";
    public const string JournalName = "journal.jsonl";

    private const string LockName = "lock";
    private const int Attempts = 5;

    /// <summary>The folder of all runs: the one given, else that of <c>$DRPOWERSHELL_STATE</c>, else that of the user's state.</summary>
    public static string Of(string? given) => given ?? Path.Combine(State, "runs");

    /// <summary>The folder of this user's state.</summary>
    public static string State
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            {
                return Path.GetFullPath(named);
            }

            if (OperatingSystem.IsWindows())
            {
                return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "DrPowerShell");
            }

            return Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state
                ? Path.Combine(state, "drpowershell")
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "drpowershell");
        }
    }

    /// <summary>The journal of a run.</summary>
    public static string Journal(string folder, string run) => Path.Combine(folder, run, JournalName);

    /// <summary>A new id: kind, UTC time, random suffix.</summary>
    public static string NewId(string kind, DateTimeOffset now) =>
        $"{kind}-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", System.Globalization.CultureInfo.InvariantCulture)}-{Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(2)).ToLowerInvariant()}";

    /// <summary>The ids of all runs, the newest first.</summary>
    public static IReadOnlyList<string> List(string folder) => Directory.Exists(folder)
        ? NewestFirst(Directory.EnumerateDirectories(folder).Where(path => File.Exists(Path.Combine(path, JournalName))).Select(path => Path.GetFileName(path)))
        : [];

    /// <summary>Orders ids by the time in them.</summary>
    public static IReadOnlyList<string> NewestFirst(IEnumerable<string> runs) =>
        [.. runs.OrderByDescending(Time, StringComparer.Ordinal).ThenByDescending(id => id, StringComparer.Ordinal)];

    /// <summary>Makes a run this process's own; the system lets go of it when the process ends, however it ends.</summary>
    /// <exception cref="RunBusyException">Another process has it.</exception>
    public static IDisposable Take(string folder, string run)
    {
        var path = Path.Combine(folder, run);
        CreatePrivate(path);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(Path.Combine(path, LockName)))
            {
                if (attempt == Attempts)
                {
                    throw new RunBusyException(run);
                }

                // Somebody who only asks whether it is busy has it for a moment.
                Thread.Sleep(20);
            }
        }
    }

    /// <summary>Whether a process works on it now.</summary>
    public static bool IsBusy(string folder, string run)
    {
        try
        {
            new FileStream(Path.Combine(folder, run, LockName), FileMode.Open, FileAccess.Read, FileShare.Read).Dispose();
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string Time(string run) => run.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash ? run[(dash + 1)..] : run;
}
