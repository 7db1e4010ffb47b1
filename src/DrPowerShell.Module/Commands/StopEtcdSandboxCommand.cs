using System.Management.Automation;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Ends a sandbox: its members stop, its folder is removed with all data, its connection is closed.</summary>
/// <remarks>
/// <para>Without -Sandbox the one running sandbox of the session is ended. The cmdlet returns when nothing of the sandbox is left.</para>
/// </remarks>
/// <example>
/// <para>End a sandbox that was kept in a variable.</para>
/// <code>$sandbox | Stop-EtcdSandbox</code>
/// <para>Its members are ended at once: there is nothing in it that would have to be saved.</para>
/// </example>
/// <example>
/// <para>End every sandbox of the session.</para>
/// <code>Stop-EtcdSandbox -All</code>
/// <para>No error where none runs.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Stop, "EtcdSandbox", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = ByName)]
[OutputType(typeof(void))]
public sealed class StopEtcdSandboxCommand : DrCmdlet
{
    private const string ByName = "Sandbox";
    private const string Every = "All";

    /// <summary>The names of sandboxes of this session, or the sandboxes themselves. Without it the one that runs is ended.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SandboxReference[]? Sandbox { get; set; }

    /// <summary>End every sandbox of the session.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Every)]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var running = DrSession.Current.Sandboxes.Running;
        if (All)
        {
            Stop(running);
            return;
        }

        if (Sandbox is null)
        {
            Stop(running.Count switch
            {
                0 => throw new NoSandboxRunningException(),
                1 => running,
                _ => throw new SeveralSandboxesException([.. running.Select(one => one.Name)]),
            });
            return;
        }

        foreach (var reference in Sandbox)
        {
            Item(reference.Name, () => Stop([reference.Sandbox ?? DrSession.Current.Sandboxes.Find(reference.Name)
                ?? throw new SandboxNotFoundException(reference.Name, [.. running.Select(one => one.Name)])]));
        }
    }

    private void Stop(IEnumerable<EtcdSandbox> sandboxes)
    {
        foreach (var sandbox in sandboxes)
        {
            if (!ShouldProcess(sandbox.Name, "End the sandbox and remove its data"))
            {
                continue;
            }

            var session = DrSession.Current;
            var connection = session.Connections.Find(sandbox.Name) is { } named && named.Endpoints.SequenceEqual(sandbox.Endpoints) ? named : null;
            Run(async (_, _) =>
            {
                if (connection is not null)
                {
                    session.Connections.Remove(connection);
                    await connection.CloseAsync().ConfigureAwait(false);
                }

                await sandbox.DisposeAsync().ConfigureAwait(false);
                session.Sandboxes.Remove(sandbox);
            });
        }
    }
}
