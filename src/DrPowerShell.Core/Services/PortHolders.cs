using System.Globalization;
using DrPowerShell.Core.Hosts;

namespace DrPowerShell.Core.Services;

/// <summary>Finds the processes that listen on ports.</summary>
internal static class PortHolders
{
    // A line of /proc/net/tcp: number, local address and port in hexadecimal, remote one, state (0A listens), …, the socket's inode in the tenth place.
    public const string Script = """
        for port in "$@"; do
          for inode in $(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v p=":$port\$" '$4 == "0A" && $2 ~ p { print $10 }'); do
            find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | cut -d/ -f3 | sort -u
          done
        done
        exit 0
        """;

    private static readonly string[] Tools = ["find", "cat", "head", "stat", "sha256sum", "openssl", "mv", "rm", "cp", "dd", "chown", "chmod", "chcon", "sync", "df", "ln", "mkdir", "grep", "tail", "less", "vi", "vim", "nano", "ls", "du", "tar", "rsync", "sudo", "journalctl"];

    public static IEnumerable<int> Read(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct();

    /// <summary>Whether a process only looks after files: somebody's who reads a log or a data directory, or our own.</summary>
    public static bool IsTool(HostProcess process) =>
        process.Arguments is [var program, ..] && Tools.Contains(program[(program.LastIndexOf('/') + 1)..], StringComparer.Ordinal);
}
