using System.Collections.Concurrent;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Repositories;

namespace DrPowerShell.Core.Tests.Runbooks;

/// <summary>Three machines in memory, and a restore of them with the same shape as the real one. It breaks the test when data is moved under a running service, or two clusters run at once.</summary>
internal sealed class ModelCluster(RunRig rig)
{
    private static readonly string[] Hosts = ["a", "b", "c"];
    private readonly object _gate = new();
    private readonly Dictionary<string, (bool Up, string? Data, string? Parked, string? Staged)> _machines = Hosts.ToDictionary(host => host, _ => (true, (string?)"old", (string?)null, (string?)null));

    public ConcurrentBag<string> Wrong { get; } = [];

    /// <summary>The process that works on it now.</summary>
    public DyingProcess? Process { get; set; }

    /// <summary>The step that fails; null for none.</summary>
    public string? Fails { get; init; }

    public bool ClientsAreIn { get; private set; }

    public string State => string.Join(' ', Hosts.Select(host => $"{host}:{(_machines[host].Up ? "up" : "down")}:{_machines[host].Data}"));

    public string Left => string.Join(' ', Hosts.Select(host => $"{host}:{_machines[host].Parked}:{_machines[host].Staged}"));

    /// <summary>Every machine is booted, and starts its service.</summary>
    public void Boot()
    {
        foreach (var host in Hosts)
        {
            _machines[host] = _machines[host] with { Up = _machines[host].Data is not null };
        }
    }

    public Runbook Book()
    {
        var placed = Hosts.Select(host => "place-" + host).ToArray();
        return RunRig.Book(
        [
            .. Each("lock", RecoveryPhase.Approve, _ => { }, _ => { }, holds: "unlock", isLock: true),
            .. Each("stop", RecoveryPhase.Stop, Stop, Start, remembers: true, holds: "start"),
            .. Each("place", RecoveryPhase.Restore, host => Set(host, machine => machine with { Staged = "new" }), host => Set(host, machine => machine with { Staged = null })),
            .. Each("exchange", RecoveryPhase.Restore, Exchange, Restore, after: placed),
            .. Each("start", RecoveryPhase.Start, Start, Stop),
            Make("health", RecoveryPhase.Health, "all", () => { }, () => { }, []),
            Make("admit", RecoveryPhase.Switch, "all", () => ClientsAreIn = true, () => Wrong.Add("admit was undone"), []),
            .. Each("unlock", RecoveryPhase.Record, _ => { }, _ => { }),
        ]);
    }

    private IEnumerable<RunbookStep> Each(
        string act, RecoveryPhase phase, Action<string> run, Action<string> back, string[]? after = null, string? holds = null, bool isLock = false, bool remembers = false) =>
        Hosts.Select(host => Make($"{act}-{host}", phase, host, () => run(host), () => back(host), after ?? [], holds is null ? null : $"{holds}-{host}", isLock, remembers));

    private ScriptedStep Make(
        string id, RecoveryPhase phase, string host, Action run, Action back, string[] after, string? holds = null, bool isLock = false, bool remembers = false) => new()
        {
            Id = id, Phase = phase, Title = id, Host = host, IsChange = true, UndoTitle = "undo " + id, After = after, HoldsUntil = holds, IsLock = isLock, LetsClientsIn = phase == RecoveryPhase.Switch,
            Act = async (context, token) =>
            {
                if (remembers && !context.Facts.Has(id + ".was-up"))
                {
                    await context.RecordAsync(id + ".was-up", _machines[host].Up ? "up" : "down", token);
                }

                Do(id, run);
                if (id == Fails)
                {
                    throw new Unlucky(Etcd.Errors.FailureKind.Refused);
                }
            },
            Back = (context, _) =>
            {
                if (!remembers || context.Facts.Find<string>(id + ".was-up") == "up")
                {
                    Do("-" + id, back);
                }

                return Task.CompletedTask;
            },
        };

    private void Do(string what, Action act)
    {
        lock (_gate)
        {
            if (Process!.IsDead)
            {
                throw new KilledException();
            }

            rig.Did.Enqueue(what);
            act();
            if (_machines.Values.Where(machine => machine.Up).Select(machine => machine.Data).Distinct().Count() > 1)
            {
                Wrong.Add($"two clusters run after {what}: {State}");
            }
        }
    }

    private void Set(string host, Func<(bool Up, string? Data, string? Parked, string? Staged), (bool Up, string? Data, string? Parked, string? Staged)> change) => _machines[host] = change(_machines[host]);

    private void Stop(string host) => Set(host, machine => (false, machine.Data, machine.Parked, machine.Staged));

    private void Start(string host) => Set(host, machine => (machine.Data is not null, machine.Data, machine.Parked, machine.Staged));

    // As the real step: two renames, each of which can be found done or not done.
    private void Exchange(string host) => Set(host, machine =>
    {
        Down(host, machine.Up);
        return machine.Staged is null ? machine : machine with { Data = machine.Staged, Parked = machine.Data, Staged = null };
    });

    private void Restore(string host) => Set(host, machine =>
    {
        if (machine.Parked is null)
        {
            return machine;
        }

        Down(host, machine.Up);
        return machine with { Data = machine.Parked, Parked = null, Staged = machine.Data };
    });

    private void Down(string host, bool up)
    {
        if (up)
        {
            Wrong.Add($"data was moved under a running service on {host}");
        }
    }
}
