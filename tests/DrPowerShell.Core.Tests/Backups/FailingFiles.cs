using DrPowerShell.Etcd.Files;
using Microsoft.Win32.SafeHandles;

namespace DrPowerShell.Core.Tests.Backups;

/// <summary>The real file system, with a hook before each change; a write is two, so that one can end in its middle.</summary>
internal sealed class FailingFiles(Action<int, string> onStep) : DurableFiles
{
    private int _steps;

    public int Steps => _steps;

    public override SafeFileHandle CreateFile(string path)
    {
        Step("create");
        return base.CreateFile(path);
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Step("write");
        var half = bytes.Length / 2;
        base.Write(file, bytes[..half], offset);
        Step("write on");
        base.Write(file, bytes[half..], offset + half);
    }

    public override void SetLength(SafeFileHandle file, long length)
    {
        Step("set length");
        base.SetLength(file, length);
    }

    public override void Sync(SafeFileHandle file)
    {
        Step("sync");
        base.Sync(file);
    }

    public override void SyncFolder(string path)
    {
        Step("sync folder");
        base.SyncFolder(path);
    }

    public override void RenameFile(string from, string to)
    {
        Step("rename");
        base.RenameFile(from, to);
    }

    public override void RenameFileExclusively(string from, string to)
    {
        Step("rename");
        base.RenameFileExclusively(from, to);
    }

    public override void ReplaceFile(string from, string to)
    {
        Step("rename");
        base.ReplaceFile(from, to);
    }

    public override void DeleteFile(string path)
    {
        Step("delete");
        base.DeleteFile(path);
    }

    private void Step(string what) => onStep(Interlocked.Increment(ref _steps), what);
}
