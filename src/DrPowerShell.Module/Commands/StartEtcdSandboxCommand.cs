using System.Management.Automation;
using DrPowerShell.Core.Backups;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Sandboxes;
using DrPowerShell.Etcd.Files;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Snapshots;

namespace DrPowerShell.Module.Commands;

/// <summary>Starts a throw-away etcd cluster on this machine, empty or from a snapshot.</summary>
/// <remarks>
/// <para>
/// Real etcd members run on loopback ports, behind certificates that are made for this sandbox alone, in a folder that only you may read. An
/// etcd program is needed, on PATH or named by -EtcdPath; its version is the sandbox's. The cmdlet returns when every member is healthy and a
/// connection to the sandbox is open under its name.
/// </para>
/// <para>
/// From a snapshot every member gets a copy of it: the digest is checked while it is read; in the copy authentication is switched off and
/// alarms are cleared, so that it answers you, whoever the users of the real cluster are. The snapshot itself is only read.
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
/// <para>Look into a snapshot with a running etcd.</para>
/// <code>$sandbox = Get-EtcdSnapshot ./last-night.db | Start-EtcdSandbox
/// Get-EtcdKey -Prefix /registry/secrets/ -KeysOnly -Cluster $sandbox</code>
/// <para>Clients such as kube-apiserver can be pointed at it too: $sandbox.ConnectionOptions has the endpoints and the certificates.</para>
/// </example>
/// <example>
/// <para>Start three members with a certain version of etcd.</para>
/// <code>Start-EtcdSandbox -Name trial -MemberCount 3 -EtcdPath /opt/etcd-3.4/etcd</code>
/// <para>The connection's name is trial.</para>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "EtcdSandbox", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = ByObject)]
[OutputType(typeof(EtcdSandbox))]
public sealed class StartEtcdSandboxCommand : StoredSourceCmdlet
{
    /// <summary>A snapshot from Backup-EtcdSnapshot or Get-EtcdSnapshot, or a result of Test-EtcdSnapshot. Without a snapshot the sandbox is empty.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = ByObject)]
    [ValidateNotNull]
    public override SnapshotReference? InputObject { get; set; }

    /// <summary>Take a snapshot without a digest, the member/snap/db of a stopped member. It is verified to Full first.</summary>
    [Parameter]
    public SwitchParameter SkipDigest { get; set; }

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
    protected override void Process() => Item(InputObject?.Path, () =>
    {
        RefuseInvalid();
        var session = DrSession.Current;
        if (Name is not null && session.Sandboxes.Find(Name) is not null)
        {
            throw new SandboxNameInUseException(Name);
        }

        var isEmpty = ParameterSetName == ByObject && InputObject is null;
        var snapshot = isEmpty ? null : Stored?.Name ?? SourceFile();
        var options = new EtcdSandboxOptions
        {
            Name = Name,
            MemberCount = MemberCount,
            EtcdPath = EtcdPath is null ? null : ResolveDestination(EtcdPath),
            StartTimeout = StartTimeout,
        };
        var members = MemberCount == 1 ? "1 member on loopback" : $"{MemberCount} members on loopback";
        if (ShouldProcess(snapshot is null ? members : $"{members}, from '{snapshot}'", "Start a sandbox"))
        {
            if (isEmpty)
            {
                WriteObject(Start(session, options, snapshot: null));
            }
            else
            {
                // Of a stored backup the plain file is needed for the start alone: the members have copies of their own.
                WithFile(file => WriteObject(Start(session, options, file)));
            }
        }
    }, terminating: !MyInvocation.ExpectingInput);

    private EtcdSandbox Start(DrSession session, EtcdSandboxOptions options, string? snapshot)
    {
        EtcdSandbox? sandbox = null;
        IEtcdCluster? cluster = null;
        var kept = false;
        try
        {
            var connection = Run(async (output, token) =>
            {
                var steps = output.Steps("Starting a sandbox");
                sandbox = await LaunchAsync(options with { Steps = steps }, snapshot, token).ConfigureAwait(false);
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

    private async Task<EtcdSandbox> LaunchAsync(EtcdSandboxOptions options, string? snapshot, CancellationToken cancellationToken)
    {
        var launcher = new EtcdSandboxLauncher();
        if (snapshot is null)
        {
            return await launcher.StartAsync(options, cancellationToken).ConfigureAwait(false);
        }

        using var source = FileByteSource.Open(snapshot);
        return await launcher.StartAsync(options with
        {
            SnapshotPath = snapshot,
            QuotaBytes = Math.Max(options.QuotaBytes, source.Length * 2),
            PrepareDataDirectories = (plan, token) =>
            {
                options.Steps?.Report($"Restoring {System.IO.Path.GetFileName(snapshot)} for {plan.Members.Count} member(s).");
                return SandboxRestore.BuildAsync(source, plan, SkipDigest, token);
            },
        }, cancellationToken).ConfigureAwait(false);
    }
}
