using DrPowerShell.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.CrashHost;

/// <summary>
/// The real file system with a hook before each of its steps: a test fails there, cancels, or dies. A write is two steps, so that one can
/// end in its middle. Syncs are steps that reach no disk: a process that ends loses nothing that the kernel holds, and the disk is slow.
/// </summary>
internal sealed class SteppedFiles(Action<int, string> onStep) : DurableFiles
{
    private int _steps;

    /// <summary>How many steps were begun.</summary>
    public int Steps => _steps;

    /// <summary>Stands in for the file system's own sharing of extents; null asks the real one.</summary>
    public Func<SafeFileHandle, SafeFileHandle, bool>? Clone { get; init; }

    public override void CreateFolder(string path)
    {
        Step($"CreateFolder {path}");
        base.CreateFolder(path);
    }

    public override void CreateParentFolder(string path)
    {
        Step($"CreateParentFolder {path}");
        base.CreateParentFolder(path);
    }

    public override SafeFileHandle CreateFile(string path)
    {
        Step($"CreateFile {path}");
        return base.CreateFile(path);
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Step($"Write {offset}");
        var half = bytes.Length / 2;
        base.Write(file, bytes[..half], offset);
        Step($"Write {offset + half}");
        base.Write(file, bytes[half..], offset + half);
    }

    public override void SetLength(SafeFileHandle file, long length)
    {
        Step($"SetLength {length}");
        base.SetLength(file, length);
    }

    public override bool TryClone(SafeFileHandle source, SafeFileHandle target)
    {
        Step("TryClone");
        return Clone?.Invoke(source, target) ?? base.TryClone(source, target);
    }

    public override bool TryLink(string file, string name)
    {
        Step($"TryLink {name}");
        return base.TryLink(file, name);
    }

    public override void Sync(SafeFileHandle file)
    {
        Step("Sync");
    }

    public override void SyncFolder(string path)
    {
        Step($"SyncFolder {path}");
    }

    public override void RenameFile(string from, string to)
    {
        Step($"RenameFile {to}");
        base.RenameFile(from, to);
    }

    public override void RenameFileExclusively(string from, string to)
    {
        Step($"RenameFileExclusively {to}");
        base.RenameFileExclusively(from, to);
    }

    public override void ReplaceFile(string from, string to)
    {
        Step($"ReplaceFile {to}");
        base.ReplaceFile(from, to);
    }

    public override void DeleteFile(string path)
    {
        Step($"DeleteFile {path}");
        base.DeleteFile(path);
    }

    public override void RenameFolder(string from, string to)
    {
        Step($"RenameFolder {to}");
        base.RenameFolder(from, to);
    }

    public override void DeleteFolder(string path)
    {
        Step($"DeleteFolder {path}");
        base.DeleteFolder(path);
    }

    public override void DeleteEmptyFolder(string path)
    {
        Step($"DeleteEmptyFolder {path}");
        base.DeleteEmptyFolder(path);
    }

    public override void SetMode(string path, UnixFileMode mode)
    {
        Step($"SetMode {path}");
        base.SetMode(path, mode);
    }

    internal override void Own(string path, FileOwnership ownership)
    {
        Step($"Own {path}");
        base.Own(path, ownership);
    }

    private void Step(string what) => onStep(Interlocked.Increment(ref _steps), what);
}
