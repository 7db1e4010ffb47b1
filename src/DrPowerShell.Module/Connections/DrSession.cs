using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace DrPowerShell.Module.Connections;

/// <summary>What the module keeps open for one PowerShell session (runspace): connections and sandboxes.</summary>
/// <remarks>
/// One a runspace, so that a parallel runspace that ends or removes the module does not close what its parent has open. Closed when the
/// session ends or removes the module; what a killed process leaves open is the sandboxes' own guards' to end.
/// </remarks>
internal sealed class DrSession
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly ConditionalWeakTable<Runspace, DrSession> Sessions = [];

    public ConnectionRegistry Connections { get; } = new();

    public SandboxRegistry Sandboxes { get; } = new();

    /// <summary>The session that runs on this thread: ask on the pipeline thread only.</summary>
    public static DrSession Current => Sessions.GetValue(Runspace.DefaultRunspace, static runspace =>
    {
        var session = new DrSession();
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                session.Close();
            }
        };
        return session;
    });

    /// <summary>Closes everything and waits for it, but not for ever.</summary>
    public void Close() => Task.Run(async () =>
    {
        await Connections.CloseAllAsync().ConfigureAwait(false);
        await Sandboxes.StopAllAsync().ConfigureAwait(false);
    }).Wait(Patience);
}
