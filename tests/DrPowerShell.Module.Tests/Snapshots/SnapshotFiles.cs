using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;

namespace DrPowerShell.Module.Tests.Snapshots;

/// <summary>A session whose location is a folder with snapshot files, good and bad ones.</summary>
internal sealed class SnapshotFiles : IDisposable
{
    private readonly TempFolder _temp = new("files");

    public SnapshotFiles()
    {
        var golden = RepositoryPaths.Fixture("golden.db");
        var bytes = File.ReadAllBytes(golden);
        foreach (var name in new[] { "a.db", "b.db", "odd [1].db" })
        {
            File.WriteAllBytes(_temp[name], bytes);
        }

        bytes[^200] ^= 1;
        File.WriteAllBytes(_temp["damaged.bad"], bytes);
        bytes[^200] ^= 1;
        File.WriteAllBytes(_temp["raw.image"], bytes[..^32]);
        File.WriteAllText(_temp["none.txt"], new string('x', 5000));
        Run("$ExecutionContext.SessionState.Path.SetLocation($here)", ("here", _temp.FullName)).Succeed();
    }

    public ModuleSession Session { get; } = new();

    public string this[params string[] names] => _temp[names];

    public IReadOnlyList<string> List() => _temp.List();

    public SessionResult Run(string script, params (string Name, object? Value)[] variables) => Session.Run(script, variables);

    public void Dispose()
    {
        Session.Dispose();
        _temp.Dispose();
    }
}
