using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Hosts;

/// <summary>A POSIX machine whose every act is a command: with sudo, or as whoever is logged in. How a command gets there is the heir's.</summary>
/// <remarks>The scripts are for /bin/sh with GNU coreutils and findutils. Paths are passed as arguments, never as part of a script.</remarks>
public abstract class PosixHost(HostOptions options) : IHost
{
    private const int LargestFile = 16 << 20;
    private const int Missing = 3;
    private const int Taken = 4;
    private const int OtherVolume = 5;

    // What is small is done at once or not at all: a hanging mount must not hold up everything else.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private HostFacts? _facts;

    public string Name => Options.Name;

    public abstract bool IsLocal { get; }

    protected HostOptions Options { get; } = options;

    public async Task<HostFacts> GetFactsAsync(CancellationToken cancellationToken)
    {
        if (_facts is { } known)
        {
            return known;
        }

        var asked = DateTimeOffset.UtcNow;
        var (_, text) = await TextAsync("look at the host", HostScripts.Facts, [], null, Soon, cancellationToken).ConfigureAwait(false);
        var answered = DateTimeOffset.UtcNow;
        var lines = text.Split('\n');
        var there = DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(lines[5], CultureInfo.InvariantCulture));
        return _facts = new HostFacts(
            lines[0], int.Parse(lines[1], CultureInfo.InvariantCulture), lines[2], lines[3], lines[4], there - (asked + ((answered - asked) / 2)));
    }

    public async Task<HostCommandResult> RunAsync(HostCommand command, CancellationToken cancellationToken)
    {
        var input = new MemoryStream(command.Input.ToArray());
        await using var end = input.ConfigureAwait(false);
        return await InTimeAsync(command, input, null, cancellationToken).ConfigureAwait(false);
    }

    public async Task<HostEntry?> FindAsync(string path, CancellationToken cancellationToken)
    {
        var (code, text) = await TextAsync($"look at {path}", HostScripts.Find, [path], path, Soon, cancellationToken, Missing).ConfigureAwait(false);
        return code == Missing ? null : HostText.Entries(text).Single();
    }

    public async Task<IReadOnlyList<HostEntry>> ListAsync(string path, CancellationToken cancellationToken)
    {
        var (_, text) = await TextAsync($"list {path}", HostScripts.List, [path], path, Soon, cancellationToken, Missing).ConfigureAwait(false);
        return [.. HostText.Entries(text).OrderBy(entry => entry.Path, StringComparer.Ordinal)];
    }

    public async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var content = await ReadHeadAsync(path, LargestFile + 1, cancellationToken).ConfigureAwait(false);
        return content.Length > LargestFile ? throw Failure($"read {path}", path, new HostCommandResult(1, "", $"it is larger than {Number(LargestFile)} bytes")) : content;
    }

    public async Task<byte[]> ReadHeadAsync(string path, int length, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var result = await ScriptAsync($"read {path}", HostScripts.Read, [path, Number(length)], path, Soon, cancellationToken, Missing, output: content).ConfigureAwait(false);
        return result.ExitCode == Missing ? throw new HostFileNotFoundException(Name, path) : content.ToArray();
    }

    public Task WriteAsync(string path, ReadOnlyMemory<byte> content, HostFileAttributes? attributes, CancellationToken cancellationToken) =>
        PutAsync($"write {path}", HostScripts.Write, path, content, [HostText.Owner(attributes), HostText.Mode(attributes), attributes?.Label ?? ""], 0, cancellationToken);

    public async Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        (await PutAsync($"create {path}", HostScripts.Create, path, content, [], Taken, cancellationToken).ConfigureAwait(false)).ExitCode != Taken;

    public Task CreateDirectoryAsync(string path, HostFileAttributes? attributes, CancellationToken cancellationToken) => ScriptAsync(
        $"make {path}", HostScripts.CreateDirectory, [path, HostText.Owner(attributes), HostText.Mode(attributes), attributes?.Label ?? ""], path, Soon, cancellationToken);

    public async Task MoveAsync(string path, string newPath, CancellationToken cancellationToken)
    {
        var result = await ScriptAsync($"rename {path}", HostScripts.Move, [path, newPath], path, Soon, cancellationToken, Missing, Taken, OtherVolume).ConfigureAwait(false);
        switch (result.ExitCode)
        {
            case OtherVolume:
                throw new HostVolumesDifferException(Name, path, newPath);
            case Missing:
                throw new HostFileNotFoundException(Name, path);
            case Taken:
                throw new HostFileExistsException(Name, newPath);
        }
    }

    public Task RemoveAsync(string path, CancellationToken cancellationToken) =>
        ScriptAsync($"remove {path}", HostScripts.Remove, [HostText.NotRoot(path)], path, TimeSpan.FromMinutes(10), cancellationToken);

    public Task SetAttributesAsync(string path, HostFileAttributes attributes, CancellationToken cancellationToken) => ScriptAsync(
        $"set the owner of {path}", HostScripts.SetAttributes, [HostText.NotRoot(path), HostText.Owner(attributes), HostText.Mode(attributes), attributes.Label ?? ""], path, Soon, cancellationToken);

    public async Task UploadAsync(string localDirectory, string path, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var part = $"{path[..(path.LastIndexOf('/') + 1)]}.{path[(path.LastIndexOf('/') + 1)..]}.uploading-{Random()}";
        var done = false;
        try
        {
            await ScriptAsync($"make {part}", HostScripts.MakePart, [part], part, Soon, cancellationToken).ConfigureAwait(false);
            await UploadTreeAsync(localDirectory, part, progress, cancellationToken).ConfigureAwait(false);
            await CheckAsync(localDirectory, part, cancellationToken).ConfigureAwait(false);
            await MoveAsync(part, path, cancellationToken).ConfigureAwait(false);
            done = true;
        }
        finally
        {
            if (!done)
            {
                await TryRemoveAsync(part).ConfigureAwait(false);
            }
        }
    }

    public async Task DownloadAsync(string path, string localPath, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var part = localPath + ".part-" + Random();
        try
        {
            var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                using var counted = new CountingStream(file, progress);
                var result = await ScriptAsync($"copy {path}", HostScripts.Cat, [path], path, Timeout.InfiniteTimeSpan, cancellationToken, Missing, output: counted).ConfigureAwait(false);
                if (result.ExitCode == Missing)
                {
                    throw new HostFileNotFoundException(Name, path);
                }

                await file.FlushAsync(cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            // Both machines read at the same time.
            var (here, digests) = (DigestAsync(part, cancellationToken), GetDigestsAsync(path, cancellationToken));
            await Task.WhenAll(here, digests).ConfigureAwait(false);
            if (!(await digests.ConfigureAwait(false)).TryGetValue("", out var there) || there != await here.ConfigureAwait(false))
            {
                throw new HostDigestMismatchException(Name, path);
            }

            File.Move(part, localPath, overwrite: false);
        }
        finally
        {
            File.Delete(part);
        }
    }

    public async Task<IReadOnlyDictionary<string, string>> GetDigestsAsync(string path, CancellationToken cancellationToken)
    {
        var (code, text) = await TextAsync($"read {path}", HostScripts.Digests, [path], path, Timeout.InfiniteTimeSpan, cancellationToken, Missing).ConfigureAwait(false);
        return code == Missing ? new Dictionary<string, string>(StringComparer.Ordinal) : HostText.Digests(text);
    }

    public async Task<HostVolume> GetVolumeAsync(string path, CancellationToken cancellationToken) =>
        HostText.Volume((await TextAsync($"look at the file system of {path}", HostScripts.Volume, [path], path, Soon, cancellationToken).ConfigureAwait(false)).Text);

    public async Task<IReadOnlyList<HostProcess>> GetProcessesAsync(CancellationToken cancellationToken) =>
        HostText.Processes((await TextAsync("list processes", HostScripts.Processes, [], null, Soon, cancellationToken).ConfigureAwait(false)).Text);

    public async Task<IReadOnlyList<int>> GetListeningPortsAsync(CancellationToken cancellationToken) =>
        HostText.Listening((await TextAsync("list listening ports", HostScripts.Listening, [], null, Soon, cancellationToken).ConfigureAwait(false)).Text);

    public abstract ValueTask DisposeAsync();

    /// <summary>What ends everything that a command has started, by the session that it was put into.</summary>
    /// <param name="session">Its number.</param>
    /// <param name="proof">Where that may have gone to another since: when its leader began, and the boot's id.</param>
    protected IReadOnlyList<string> EndOf(int session, params string[] proof)
    {
        string[] end = ["/bin/sh", "-c", HostScripts.EndSession, "drpowershell", Number(session), .. proof];
        return Options.Sudo ? ["sudo", "-n", "--", .. end] : end;
    }

    /// <summary>Asks again who and where we are: the host may have been started anew since.</summary>
    protected void ForgetFacts() => _facts = null;

    /// <summary>Runs a program there; both streams are cut at 1 MiB where they are not given a stream.</summary>
    /// <param name="arguments">The program and its arguments, sudo included.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="output">Takes its output; null to return it.</param>
    /// <param name="cancellationToken">Ends it, there as well.</param>
    protected abstract Task<HostCommandResult> ExecuteAsync(IReadOnlyList<string> arguments, Stream? input, Stream? output, CancellationToken cancellationToken);

    // A command that is ended may have no time to clean up behind itself, so it is done here as well: what it wrote has a name that is known.
    private async Task<HostCommandResult> PutAsync(
        string what, string script, string path, ReadOnlyMemory<byte> content, IReadOnlyList<string> options, int expected, CancellationToken cancellationToken)
    {
        var part = Random();
        try
        {
            return await ScriptAsync(what, script, [path, .. options, Number(content.Length), part], path, Soon, cancellationToken, expected, input: content).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or HostCommandTimedOutException or HostUnreachableException)
        {
            await TryRemoveAsync($"{path[..(path.LastIndexOf('/') + 1)]}.{path[(path.LastIndexOf('/') + 1)..]}.part-{part}").ConfigureAwait(false);
            throw;
        }
    }

    private async Task UploadTreeAsync(string localDirectory, string part, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var sent = 0L;
        foreach (var folder in Directory.EnumerateDirectories(localDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var there = part + "/" + Relative(localDirectory, folder);
            await ScriptAsync($"make {there}", HostScripts.MakePart, [there], there, Soon, cancellationToken).ConfigureAwait(false);
        }

        foreach (var path in Directory.EnumerateFiles(localDirectory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var there = part + "/" + Relative(localDirectory, path);
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await using var close = file.ConfigureAwait(false);
            using var counted = new CountingStream(file, progress, sent);
            await ScriptAsync($"write {there}", HostScripts.Receive, [there, Number(file.Length)], there, Timeout.InfiniteTimeSpan, cancellationToken, stream: counted)
                .ConfigureAwait(false);
            sent += file.Length;
        }

        await ScriptAsync($"store {part}", HostScripts.SyncTree, [part], part, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckAsync(string localDirectory, string part, CancellationToken cancellationToken)
    {
        // Both machines read at the same time.
        var (here, digests) = (LocalDigestsAsync(localDirectory, cancellationToken), GetDigestsAsync(part, cancellationToken));
        await Task.WhenAll(here, digests).ConfigureAwait(false);
        var there = await digests.ConfigureAwait(false);
        foreach (var (name, digest) in await here.ConfigureAwait(false))
        {
            if (there.GetValueOrDefault(name) != digest)
            {
                throw new HostDigestMismatchException(Name, part + "/" + name);
            }
        }
    }

    private static async Task<List<(string Name, string Digest)>> LocalDigestsAsync(string directory, CancellationToken cancellationToken)
    {
        var digests = new List<(string, string)>();
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            digests.Add((Relative(directory, path), await DigestAsync(path, cancellationToken).ConfigureAwait(false)));
        }

        return digests;
    }

    private async Task TryRemoveAsync(string part)
    {
        using var limit = new CancellationTokenSource(Options.Timeout);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await RemoveAsync(part, limit.Token).ConfigureAwait(false);
                return;
            }
            catch (HostUnreachableException) when (attempt < 3)
            {
                // The connection may have been lost with what was cancelled: the next attempt makes a new one.
            }
            catch (Exception e) when (e is Etcd.Errors.RecoveryException or OperationCanceledException or ArgumentException)
            {
                // The host is gone; what was uploaded carries a name that nobody reads.
                return;
            }
        }
    }

    /// <summary>Runs a script whose whole output is wanted, however long it is.</summary>
    private async Task<(int ExitCode, string Text)> TextAsync(
        string what, string script, IReadOnlyList<string> arguments, string? path, TimeSpan timeout, CancellationToken cancellationToken, int expected = 0)
    {
        using var text = new MemoryStream();
        var result = await ScriptAsync(what, script, arguments, path, timeout, cancellationToken, expected, output: text).ConfigureAwait(false);
        return (result.ExitCode, Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }

    private async Task<HostCommandResult> ScriptAsync(
        string what,
        string script,
        IReadOnlyList<string> arguments,
        string? path,
        TimeSpan timeout,
        CancellationToken cancellationToken,
        int expected = 0,
        int alsoExpected = 0,
        int lastExpected = 0,
        ReadOnlyMemory<byte> input = default,
        Stream? stream = null,
        Stream? output = null)
    {
        var command = new HostCommand { Arguments = ["/bin/sh", "-c", HostScripts.Locale + script, "drpowershell", .. arguments], Timeout = timeout };
        var source = stream ?? new MemoryStream(input.ToArray());
        await using var end = source.ConfigureAwait(false);
        var result = await InTimeAsync(command, source, output, cancellationToken, what).ConfigureAwait(false);
        return result.ExitCode == 0 || result.ExitCode == expected || result.ExitCode == alsoExpected || result.ExitCode == lastExpected ? result : throw Failure(what, path, result);
    }

    private async Task<HostCommandResult> InTimeAsync(HostCommand command, Stream input, Stream? output, CancellationToken cancellationToken, string? what = null)
    {
        IReadOnlyList<string> arguments = Options.Sudo ? ["sudo", "-n", "--", "/bin/sh", "-c", HostScripts.AsRoot, "drpowershell", .. command.Arguments] : command.Arguments;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(command.Timeout);
        try
        {
            var result = await ExecuteAsync(arguments, input, output, limit.Token).ConfigureAwait(false);
            return Options.Sudo ? AsRoot(result) : result;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostCommandTimedOutException(Name, what is null ? command : command with { Arguments = [what] });
        }
    }

    // sudo warns of much and goes on all the same, and a command may end with the exit code that sudo refuses with: only a command that began is one.
    private HostCommandResult AsRoot(HostCommandResult result)
    {
        var at = result.Error.IndexOf(HostScripts.RootMark, StringComparison.Ordinal);
        return at >= 0 ? result with { Error = result.Error[(at + HostScripts.RootMark.Length)..] }
            : result.ExitCode == 0 ? result
            : throw new SudoRefusedException(Name, Login, result.Reason);
    }

    private string Login => Options.User is { Length: > 0 } user ? user : Environment.UserName;

    private Exception Failure(string what, string? path, HostCommandResult result) =>
        result.Error.Contains("Permission denied", StringComparison.Ordinal) || result.Error.Contains("Operation not permitted", StringComparison.Ordinal)
            ? new HostAccessDeniedException(Name, path ?? what, Options.Sudo ? "root" : Login)
        : result.Error.Contains("No space left", StringComparison.Ordinal) || result.Error.Contains("Disk quota exceeded", StringComparison.Ordinal)
            ? new HostDiskFullException(Name, path ?? what)
        : new HostCommandFailedException(Name, what, result);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Random() => Convert.ToHexString(RandomNumberGenerator.GetBytes(4)).ToLowerInvariant();

    private static string Relative(string folder, string path) => Path.GetRelativePath(folder, path).Replace('\\', '/');

    private static async Task<string> DigestAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using var close = file.ConfigureAwait(false);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)).ToLowerInvariant();
    }
}
