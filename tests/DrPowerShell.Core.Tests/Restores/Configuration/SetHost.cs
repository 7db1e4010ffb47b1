using System.Text;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Configuration;

namespace DrPowerShell.Core.Tests.Restores.Configuration;

/// <summary>A host whose files are a dictionary, whose systemd prints them as systemctl cat does, and where nothing else can be done.</summary>
internal sealed class SetHost : IHost
{
    /// <summary>The files by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public List<HostProcess> Processes { get; } = [];

    public Dictionary<string, HostCommandResult> Commands { get; } = new(StringComparer.Ordinal);

    public string HostName { get; init; } = "node-1";

    /// <summary>What systemctl says instead of answering; null where systemd runs there.</summary>
    public string? SystemdProblem { get; init; }

    public string Name => "etcd-1";

    public bool IsLocal => true;

    /// <summary>Puts a text there.</summary>
    public SetHost With(string path, string text)
    {
        Files[path] = Encoding.UTF8.GetBytes(text);
        return this;
    }

    public string Text(string path) => Encoding.UTF8.GetString(Files[path]);

    public void Apply(IEnumerable<FileEdit> edits)
    {
        foreach (var edit in edits)
        {
            Assert(Files.GetValueOrDefault(edit.Path), edit.OldBytes);
            Files[edit.Path] = edit.NewBytes;
        }
    }

    public void Undo(IEnumerable<FileEdit> edits)
    {
        foreach (var edit in edits)
        {
            Assert(Files.GetValueOrDefault(edit.Path), edit.NewBytes);
            if (edit.OldBytes is null)
            {
                Files.Remove(edit.Path);
            }
            else
            {
                Files[edit.Path] = edit.OldBytes;
            }
        }
    }

    public Task<HostFacts> GetFactsAsync(CancellationToken cancellationToken) => Task.FromResult(new HostFacts("b", 0, "root", "Linux", HostName, TimeSpan.Zero));

    public Task<HostCommandResult> RunAsync(HostCommand command, CancellationToken cancellationToken)
    {
        if (command.Arguments is ["systemctl", "cat", .., var unit])
        {
            if (SystemdProblem is not null)
            {
                return Task.FromResult(new HostCommandResult(1, "", SystemdProblem));
            }

            string[] units = [.. Files.Keys.Where(path => path.EndsWith("/systemd/system/" + unit, StringComparison.Ordinal))];
            var dropIns = Files.Keys.Where(path => path.Contains($"/systemd/system/{unit}.d/", StringComparison.Ordinal)).OrderBy(path => path[path.LastIndexOf('/')..], StringComparer.Ordinal);
            return Task.FromResult(units.Length == 0
                ? new HostCommandResult(1, "", $"No files found for {unit}.")
                : new HostCommandResult(0, string.Join('\n', units.Concat(dropIns).Select(path => $"# {path}\n{Text(path)}")), ""));
        }

        return Task.FromResult(Commands.GetValueOrDefault(command.ToString()) ?? new HostCommandResult(1, "", "no such command"));
    }

    public Task<HostEntry?> FindAsync(string path, CancellationToken cancellationToken) =>
        Task.FromResult(Files.TryGetValue(path, out var content) ? Entry(path, content) : null);

    public Task<IReadOnlyList<HostEntry>> ListAsync(string path, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<HostEntry>>(
        [.. Files.Where(file => file.Key[..file.Key.LastIndexOf('/')] == path).Select(file => Entry(file.Key, file.Value))]);

    public Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken) =>
        Task.FromResult(Files.GetValueOrDefault(path) ?? throw new HostFileNotFoundException(Name, path));

    public async Task<byte[]> ReadHeadAsync(string path, int length, CancellationToken cancellationToken) => (await ReadAsync(path, cancellationToken)).AsSpan().Slice(0, Math.Min(length, Files[path].Length)).ToArray();

    public Task<IReadOnlyList<HostProcess>> GetProcessesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<HostProcess>>(Processes);

    public Task WriteAsync(string path, ReadOnlyMemory<byte> content, HostFileAttributes? attributes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CreateDirectoryAsync(string path, HostFileAttributes? attributes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task MoveAsync(string path, string newPath, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetAttributesAsync(string path, HostFileAttributes attributes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task UploadAsync(string localDirectory, string path, IProgress<long>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DownloadAsync(string path, string localPath, IProgress<long>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, string>> GetDigestsAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<HostVolume> GetVolumeAsync(string path, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<int>> GetListeningPortsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static HostEntry Entry(string path, byte[] content) => new(path, HostEntryKind.File, content.Length, new HostFileAttributes("root", "root", 420, null), DateTimeOffset.UnixEpoch);

    private static void Assert(byte[]? here, byte[]? expected)
    {
        if (here is null != expected is null || (here is not null && !here.AsSpan().SequenceEqual(expected)))
        {
            throw new InvalidOperationException("An edit was made from other bytes than those that are there.");
        }
    }
}
