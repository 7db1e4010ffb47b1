using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DrPowerShell.Core.Journal;

/// <summary>Reads journals and says what they are worth.</summary>
public static class JournalReader
{
    /// <summary>The records of a journal that is whole so far; a last line that was cut off by a crash is left out.</summary>
    /// <exception cref="JournalBrokenException">Its chain is broken.</exception>
    public static IReadOnlyList<JournalRecord> Read(string path)
    {
        var result = Check(File.ReadAllBytes(path), ManifestTrust.None, null);
        var broken = result.Findings.FirstOrDefault(finding => finding.Severity == Runbooks.RecoverySeverity.Error);
        return broken is null ? result.All : throw new JournalBrokenException(Path.GetFileName(Path.GetDirectoryName(path)!), broken.Text);
    }

    /// <summary>The run that a journal tells of.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="file">The journal.</param>
    /// <param name="isBusy">Whether a process works on it now.</param>
    /// <exception cref="JournalBrokenException">It is no whole chain of records, or that of another run.</exception>
    public static Runbooks.RecoveryRun Run(string id, byte[] file, bool isBusy)
    {
        var result = Check(file, ManifestTrust.None, null);
        if (result.Findings.FirstOrDefault(finding => finding.Severity == Runbooks.RecoverySeverity.Error) is { } broken)
        {
            throw new JournalBrokenException(id, broken.Text);
        }

        try
        {
            return Fold(id, result, isBusy);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new JournalBrokenException(id, e.Message);
        }
    }

    private static Runbooks.RecoveryRun Fold(string id, JournalTestResult result, bool isBusy) =>
        result.Run == id
            ? RunFold.Run(result.All, isBusy) with { JournalHead = result.Head }
            : throw new JournalBrokenException(id, result.All.Count == 0 ? "it holds no record." : $"it is that of {(result.Run.Length == 0 ? "no run" : result.Run)}.");

    /// <summary>Checks a journal's file, and compares it with the copy in a repository where one is given.</summary>
    public static JournalTestResult Check(byte[] file, ManifestTrust trust, IReadOnlyList<byte[]>? copy)
    {
        var (lines, torn) = JournalText.Split(file);
        return new JournalChecker(trust).Check(lines, torn, copy);
    }

    /// <summary>The lines of a run as its repository holds them, in their order.</summary>
    public static async Task<IReadOnlyList<byte[]>> FetchAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var blob in store.ListAsync(BackupNames.RunFolder + run + "/", cancellationToken).ConfigureAwait(false))
        {
            if (BackupNames.IsJournalRecord(blob.Name))
            {
                names.Add(blob.Name);
            }
        }

        names.Sort(StringComparer.Ordinal);
        var lines = new List<byte[]>();
        foreach (var name in names)
        {
            lines.Add(await LineAsync(store, name, cancellationToken).ConfigureAwait(false));
        }

        return lines;
    }

    /// <summary>One record as a repository holds it.</summary>
    internal static async Task<byte[]> LineAsync(IBlobStore store, string name, CancellationToken cancellationToken)
    {
        // One byte more than a record may have shows one that has too many.
        var source = await store.OpenReadAsync(name, 0, JournalWriter.LargestRecord + 1L, cancellationToken).ConfigureAwait(false);
        await using var end = source.ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await source.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    /// <summary>The ids of the runs that a repository holds.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        var runs = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var blob in store.ListAsync(BackupNames.RunFolder, cancellationToken).ConfigureAwait(false))
        {
            runs.Add(blob.Name[BackupNames.RunFolder.Length..].Split('/')[0]);
        }

        return [.. runs];
    }

    /// <summary>A journal's file, made of the lines that a repository holds.</summary>
    public static byte[] ToFile(IEnumerable<byte[]> lines) => [.. lines.SelectMany(line => line.Append((byte)'\n'))];
}
