using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using DrPowerShell.Core.Sandboxes.Errors;

namespace DrPowerShell.Core.Sandboxes;

/// <summary>An etcd program on this machine.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Version">What <c>etcd --version</c> says.</param>
public sealed partial record EtcdBinary(string Path, Version Version)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Finds etcd on PATH or takes the given path, and asks it for its version.</summary>
    /// <param name="path">A path to the program, or to the folder that holds it; null to search PATH.</param>
    /// <param name="cancellationToken">Stops the wait for the answer.</param>
    /// <exception cref="EtcdBinaryNotFoundException">There is none.</exception>
    /// <exception cref="EtcdBinaryNotUsableException">It cannot be run, or is no etcd.</exception>
    public static async Task<EtcdBinary> FindAsync(string? path, CancellationToken cancellationToken)
    {
        var found = path is null ? OnPath() : Given(path);
        if (found is null)
        {
            throw new EtcdBinaryNotFoundException(path);
        }

        return new(found, await AskVersionAsync(found, cancellationToken).ConfigureAwait(false));
    }

    private static string FileName => OperatingSystem.IsWindows() ? "etcd.exe" : "etcd";

    private static string? OnPath() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => System.IO.Path.Combine(folder, FileName))
        .FirstOrDefault(File.Exists);

    private static string? Given(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var inFolder = System.IO.Path.Combine(full, FileName);
        return File.Exists(full) ? full : File.Exists(inFolder) ? inFolder : null;
    }

    private static async Task<Version> AskVersionAsync(string path, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(path, ["--version"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        SandboxEnvironment.Clean(start.Environment);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                var errors = process.StandardError.ReadToEndAsync(deadline.Token);
                var output = await process.StandardOutput.ReadToEndAsync(deadline.Token).ConfigureAwait(false);
                await errors.ConfigureAwait(false);
                await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
                return VersionLine().Match(output) is { Success: true } match
                    ? Version.Parse(match.Groups["version"].ValueSpan)
                    : throw new EtcdBinaryNotUsableException(path, "it does not tell a version of etcd");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EtcdBinaryNotUsableException(path, $"it did not tell its version within {Patience.TotalSeconds:0} seconds");
        }
        catch (Win32Exception e)
        {
            throw new EtcdBinaryNotUsableException(path, e.Message, e);
        }
    }

    [GeneratedRegex(@"etcd Version:\s*(?<version>\d+\.\d+\.\d+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionLine();
}
