using System.Management.Automation;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Starts a throw-away etcd cluster on this machine.</summary>
/// <remarks>
/// <para>
/// Real etcd members run on loopback ports, behind certificates that are made for this sandbox alone, in a folder that only you may read. An
/// etcd program is needed, on PATH or named by -EtcdPath; its version is the sandbox's. The cmdlet returns when every member is healthy and a
/// connection to the sandbox is open under its name.
/// </para>
/// <para>
/// The sandbox ends with Stop-EtcdSandbox, and in any case with the shell that started it, also when that is killed: its members are ended and
/// its folder, with all data in it, is removed.
/// </para>
/// </remarks>
/// <example>
/// <para>Try something out on an empty cluster.</para>
/// <code>$sandbox = Start-EtcdSandbox
/// Set-EtcdKey /hello world -Cluster $sandbox
/// Get-EtcdKey /hello -Cluster $sandbox
/// $sandbox | Stop-EtcdSandbox</code>
/// <para>While it is the only open connection, -Cluster can be left out.</para>
/// </example>
/// <example>
/// <para>Start three members with a certain version of etcd.</para>
/// <code>Start-EtcdSandbox -Name trial -MemberCount 3 -EtcdPath /opt/etcd-3.4/etcd</code>
/// <para>The connection's name is trial.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "EtcdSandbox", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(EtcdSandbox))]
public sealed class StartEtcdSandboxCommand : DrCmdlet
{
    /// <summary>The name of the sandbox and of the connection to it. Without it one is made up.</summary>
    [Parameter]
    [ValidatePattern("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    public string? Name { get; set; }

    /// <summary>How many members to start: 1 or 3. The default is 1.</summary>
    [Parameter]
    [ValidateSet("1", "3")]
    public int MemberCount { get; set; } = 1;

    /// <summary>The etcd program, or the folder that holds it. Without it etcd is looked for on PATH.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? EtcdPath { get; set; }

    /// <summary>How long the members may take to become healthy: seconds, a TimeSpan, or a text such as 2m. The default is 60 seconds.</summary>
    [Parameter]
    [DurationTransform]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    protected override void Process()
    {
        var session = DrSession.Current;
        if (Name is not null && session.Sandboxes.Find(Name) is not null)
        {
            throw new SandboxNameInUseException(Name);
        }

        var options = new EtcdSandboxOptions
        {
            Name = Name,
            MemberCount = MemberCount,
            EtcdPath = EtcdPath is null ? null : ResolveDestination(EtcdPath),
            StartTimeout = StartTimeout,
        };
        if (ShouldProcess(MemberCount == 1 ? "1 member on loopback" : $"{MemberCount} members on loopback", "Start a sandbox"))
        {
            WriteObject(Start(session, options));
        }
    }

    private EtcdSandbox Start(DrSession session, EtcdSandboxOptions options)
    {
        EtcdSandbox? sandbox = null;
        IEtcdCluster? cluster = null;
        var kept = false;
        try
        {
            var connection = Run(async (output, token) =>
            {
                sandbox = await new EtcdSandboxLauncher().StartAsync(options with { Steps = output.Steps("Starting a sandbox") }, token).ConfigureAwait(false);
                cluster = await ProviderLoader.Catalog.Etcd.ConnectAsync(sandbox.ConnectionOptions, token).ConfigureAwait(false);
                return await EtcdConnection.DescribeAsync(cluster, output, token).ConfigureAwait(false);
            });
            session.Sandboxes.Add(sandbox!);
            kept = true;
            if (session.Connections.Add(connection) is { } replaced)
            {
                Run((_, _) => replaced.CloseAsync());
            }

            return sandbox!;
        }
        finally
        {
            if (!kept)
            {
                cluster?.DisposeAsync().AsTask().GetAwaiter().GetResult();
                sandbox?.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }
}
