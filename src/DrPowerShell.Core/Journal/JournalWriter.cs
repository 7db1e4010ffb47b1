using System.Text.Json;
using DrPowerShell.Core.Journal.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Core.Journal;

/// <summary>Writes a run's journal: to a file, fsynced before it returns, and record by record to the repository behind that.</summary>
/// <remarks>A repository that does not answer never holds up the run: what it lacks is offered again at each flush, and the run says LocalOnly.</remarks>
public sealed class JournalWriter : IRunJournal, IAsyncDisposable
{
    // A journal is read whole, and a repository's copy record by record.
    internal const int LargestRecord = 16 << 20;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly Redactor _redactor;
    private readonly JournalCopy? _copy;
    private readonly string? _place;
    private readonly TimeProvider _time;
    private long _length;
    private int _count;
    private string _head;
    private bool _isDirty;

    private JournalWriter(string run, string path, SafeFileHandle file, IReadOnlyList<byte[]> lines, JournalCopy? copy, string? place, Redactor redactor, TimeProvider time)
    {
        (Run, _path, _file, _copy, _place, _redactor, _time) = (run, path, file, copy, place, redactor, time);
        _count = lines.Count;
        _length = lines.Sum(line => (long)line.Length + 1);
        _head = lines.Count == 0 ? JournalText.Start : JournalText.Hash(lines[^1]);
    }

    public string Run { get; }

    /// <summary>The file.</summary>
    public string Path => _path;

    /// <summary>Whether the repository lacks a part of it.</summary>
    public bool IsLocalOnly => _copy is { IsBehind: true };

    /// <summary>The first record of which the repository holds another one, written by whoever else goes on with this run; 0 for none.</summary>
    public int ForkedAt => _copy?.ForkedAt ?? 0;

    /// <summary>The SHA-256 of the last record, in lowercase hex.</summary>
    public string Head => _head;

    /// <summary>Begins a journal, or goes on with one: a last line that a crash cut off is taken away first.</summary>
    /// <exception cref="JournalBrokenException">Its chain is broken.</exception>
    /// <exception cref="JournalNotWritableException">The folder or the file cannot be written.</exception>
    public static JournalWriter Open(string folder, string run, IBlobStore? store, Redactor redactor, TimeProvider time) =>
        Open(folder, run, store, redactor, time, JournalPatience.Default);

    internal static JournalWriter Open(string folder, string run, IBlobStore? store, Redactor redactor, TimeProvider time, JournalPatience patience)
    {
        var path = RunFolder.Journal(folder, run);
        try
        {
            var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, FileOptions.None);
            var (lines, torn) = JournalText.Split(ReadAll(file));
            var found = new JournalChecker(ManifestTrust.None).Check(lines, false, null);
            if (found.Status != JournalStatus.Open)
            {
                file.Dispose();
                throw new JournalBrokenException(run, found.Findings.FirstOrDefault(finding => finding.Severity == Runbooks.RecoverySeverity.Error)?.Text ?? "It is sealed: nothing is written after a seal.");
            }

            if (torn)
            {
                RandomAccess.SetLength(file, lines.Sum(line => (long)line.Length + 1));
            }

            RandomAccess.FlushToDisk(file);
            DurableFiles.System.SyncFolder(System.IO.Path.GetDirectoryName(path)!);
            DurableFiles.System.SyncFolder(folder);
            return new JournalWriter(run, path, file, lines, store is null ? null : new JournalCopy(store, run, lines, patience, time), store?.Location.ToString(), redactor, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalNotWritableException(path, e);
        }
    }

    public Task AppendAsync(JournalRecordKind kind, string? step, string? text, JsonElement? data, CancellationToken cancellationToken) =>
        AppendAsync(
            (count, head) => JournalText.Line(_redactor.Clean(
                new JournalRecord { Sequence = count + 1, Time = _time.GetUtcNow(), Kind = kind, Step = step, Text = text, Data = data, Previous = head })),
            null,
            cancellationToken);

    public Task FlushAsync(CancellationToken cancellationToken) => _copy?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Closes the journal: nothing can be appended unseen any more.</summary>
    /// <param name="signer">Signs it; null to leave it unsigned.</param>
    /// <param name="retention">How long the repository is to retain the seal; null for no lock.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task SealAsync(ManifestSigner? signer, BlobRetention? retention, CancellationToken cancellationToken)
    {
        await AppendAsync(
            (count, head) =>
            {
                var record = new JournalRecord { Sequence = count + 1, Time = _time.GetUtcNow(), Kind = JournalRecordKind.Seal, Previous = head };
                var seal = new JournalSeal(count, head, null);
                return JournalText.SealLine(record, seal with { Signature = signer?.Sign(JournalText.SealPayload(Run, record, seal)) });
            },
            retention,
            cancellationToken).ConfigureAwait(false);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _file.Dispose();
        if (_copy is not null)
        {
            await _copy.DisposeAsync().ConfigureAwait(false);
        }

        _gate.Dispose();
    }

    private async Task AppendAsync(Func<int, string, byte[]> make, BlobRetention? retention, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            RequireWhole();
            var line = make(_count, _head);
            if (line.Length > LargestRecord)
            {
                throw new JournalRecordTooLargeException(Run, line.Length, LargestRecord);
            }

            if (_isDirty)
            {
                // What a failed write left behind would follow a shorter line.
                RandomAccess.SetLength(_file, _length);
            }

            _isDirty = true;
            await RandomAccess.WriteAsync(_file, (byte[])[.. line, (byte)'\n'], _length, CancellationToken.None).ConfigureAwait(false);
            RandomAccess.FlushToDisk(_file);
            _isDirty = false;
            (_length, _count, _head) = (_length + line.Length + 1, _count + 1, JournalText.Hash(line));
            _copy?.Offer(_count, line, retention);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalNotWritableException(_path, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    // Nothing more is done in its name here: the other one may be doing the very opposite.
    private void RequireWhole()
    {
        if (ForkedAt is > 0 and var record)
        {
            throw new JournalForkedException(Run, record, _place!);
        }
    }

    private static byte[] ReadAll(SafeFileHandle file)
    {
        var content = new byte[RandomAccess.GetLength(file)];
        for (var read = 0; read < content.Length;)
        {
            var more = RandomAccess.Read(file, content.AsSpan(read), read);
            read = more > 0 ? read + more : throw new EndOfStreamException("The journal became shorter while it was read.");
        }

        return content;
    }
}
