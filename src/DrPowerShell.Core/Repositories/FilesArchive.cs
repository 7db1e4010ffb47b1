using System.Formats.Tar;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Repositories;

/// <summary>Packs files and folders into one tar archive (PAX), with their owners, modes and times, under their full paths without the first '/'.</summary>
internal static class FilesArchive
{
    /// <summary>Throws unless all paths name something.</summary>
    /// <exception cref="IncludedFileNotFoundException">One does not.</exception>
    public static void Check(IEnumerable<string> paths)
    {
        if (paths.FirstOrDefault(path => !File.Exists(path) && !Directory.Exists(path)) is { } missing)
        {
            throw new IncludedFileNotFoundException(missing);
        }
    }

    /// <summary>Writes the archive; symbolic links are stored as such, sockets and pipes are left out.</summary>
    /// <returns>The paths that it holds.</returns>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        IReadOnlyList<string> paths, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink, CancellationToken cancellationToken)
    {
        Check(paths);
        var held = new List<string>();
        var sinkStream = new SinkStream(sink);
        await using var endSink = sinkStream.ConfigureAwait(false);
        var tar = new TarWriter(sinkStream, TarEntryFormat.Pax, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            foreach (var file in paths.SelectMany(Expand).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            {
                try
                {
                    await tar.WriteEntryAsync(file, NameOf(file), cancellationToken).ConfigureAwait(false);
                }
                catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
                {
                    throw new SnapshotReadFailedException(file, e.Message.TrimEnd('.'), e);
                }

                held.Add(file);
            }
        }

        return held;
    }

    private static string NameOf(string path)
    {
        var root = Path.GetPathRoot(path) ?? "";
        return path[root.Length..].Replace(Path.DirectorySeparatorChar, '/');
    }

    private static IEnumerable<string> Expand(string path)
    {
        path = Path.GetFullPath(path);
        if (!Directory.Exists(path) || new DirectoryInfo(path).LinkTarget is not null)
        {
            return [path];
        }

        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Device, IgnoreInaccessible = false };
        return Directory.EnumerateFileSystemEntries(path, "*", options)
            .Where(entry => Directory.Exists(entry) || File.GetAttributes(entry).HasFlag(FileAttributes.ReparsePoint) || FileByteSource.IsRegularFile(entry))
            .Prepend(path);
    }

    private sealed class SinkStream(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> sink) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => sink(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            sink(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => sink(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
