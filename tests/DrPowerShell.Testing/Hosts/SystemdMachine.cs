using System.Diagnostics;

namespace DrPowerShell.Testing.Hosts;

/// <summary>
/// A machine with a real systemd and journal as PID 1 of namespaces of its own; files, users and network are this machine's. Its
/// /etc/systemd/system is empty at first and its own. An <see cref="Stores.SshServer"/> can be started inside. Needs root. It ends with this
/// process, however that dies, and all that runs in it.
/// </summary>
public sealed class SystemdMachine : IAsyncDisposable
{
    private readonly Process _holder;

    private SystemdMachine(Process holder, string name, string enter) => (_holder, Name, Enter) = (holder, name, enter);

    /// <summary>What it calls itself.</summary>
    public string Name { get; }

    /// <summary>The words that a program is started with to be inside.</summary>
    public string Enter { get; }

    public static async Task<SystemdMachine> StartAsync()
    {
        var name = "m" + Guid.NewGuid().ToString("N")[..10];
        var (holder, facts) = await HeldService.StartAsync("systemd.sh", [name]);
        return new SystemdMachine(holder, name, facts["SYSTEMD_ENTER"]);
    }

    /// <summary>Runs a program inside, as root.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments)
    {
        var words = Enter.Split(' ');
        return Command.RunAsync(words[0], [.. words[1..], .. arguments]);
    }

    public Task<CommandResult> SystemctlAsync(params string[] arguments) => RunAsync(["systemctl", "--no-pager", .. arguments]);

    /// <summary>Puts a file into /etc/systemd/system there, such as "etcd.service" or "etcd.service.d/10-data.conf", and tells systemd.</summary>
    public async Task WriteUnitAsync(string name, string text)
    {
        var path = "/etc/systemd/system/" + name;
        // The folder is seen from outside through the root of a process inside.
        var seen = $"/proc/{Enter.Split(' ')[2]}/root{path}";
        Directory.CreateDirectory(Path.GetDirectoryName(seen)!);
        await File.WriteAllTextAsync(seen, text);
        (await SystemctlAsync("daemon-reload")).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        await HeldService.StopAsync(_holder);
        Directory.Delete(Path.Combine(HeldService.Folder, "systemd-" + Name), recursive: true);
    }
}
