using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Snapshots;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Commands;

/// <summary>Tests a live cluster and says what is wrong with it and what to do about that.</summary>
/// <remarks>
/// <para>
/// Measured are: every member reachable; a linearizable read (so there is a quorum); the members agree on the leader; nobody far behind with
/// its log or with applying it; alarms; database size against the quota; free space inside the file; the hash of the key space equal on all
/// members at one revision; days left on the members' and this client's certificates. Nothing is changed. Comparing the hashes has each
/// member read its whole key space: leave it out with -SkipHash on a large cluster under load.
/// </para>
/// <para>IsHealthy is true where no finding is an error. For a scheduled task add -FailOn, which ends in a terminating error after the result was written.</para>
/// </remarks>
/// <example>
/// <para>Test the cluster that the session is connected to.</para>
/// <code>Test-EtcdCluster</code>
/// <para>One result; its Findings say what is wrong, errors first.</para>
/// </example>
/// <example>
/// <para>Show the findings of a cluster.</para>
/// <code>(Test-EtcdCluster prod).Findings | Format-Table Severity, Code, Member, Text -Wrap</code>
/// <para>Each text ends with what to do.</para>
/// </example>
/// <example>
/// <para>Fail a scheduled task when the cluster has an error.</para>
/// <code>Test-EtcdCluster -Endpoint etcd-1, etcd-2, etcd-3 -CACertificate ./ca.pem -FailOn Error</code>
/// <para>The result is written first; then the task ends with ClusterNotHealthy.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "EtcdCluster")]
[OutputType(typeof(EtcdClusterTestResult))]
public sealed class TestEtcdClusterCommand : EtcdClusterCmdlet
{
    /// <summary>
    /// The cluster: the name of an open connection or of a cluster in the estate, the connection that Connect-EtcdCluster returned, or a sandbox that Start-EtcdSandbox
    /// returned. Without it, and without -Endpoint, the one open connection is used.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNull]
    public override ClusterReference? Cluster { get; set; }

    /// <summary>End in a terminating error, after the result was written, when a finding is of this severity or worse: Warning or Error.</summary>
    [Parameter]
    [ValidateSet(nameof(FindingSeverity.Warning), nameof(FindingSeverity.Error))]
    public FindingSeverity? FailOn { get; set; }

    /// <summary>How many log entries a member may be behind before it is a warning. The default is 1000.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long MaximumIndexGap { get; set; } = 1000;

    /// <summary>The members' quota in bytes (--quota-backend-bytes), for servers before 3.6, which do not tell it. The default is etcd's own, 2 GiB.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? QuotaBytes { get; set; }

    /// <summary>How many days before its end a certificate becomes a warning. The default is 30.</summary>
    [Parameter]
    [ValidateRange(0, 3650)]
    public int CertificateDays { get; set; } = 30;

    /// <summary>Do not compare the members' key spaces.</summary>
    [Parameter]
    public SwitchParameter SkipHash { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(Cluster?.Name, () =>
    {
        var cluster = OpenCluster();
        var options = new ClusterHealthOptions
        {
            MaximumIndexGap = MaximumIndexGap,
            QuotaBytes = QuotaBytes,
            CertificateWarning = TimeSpan.FromDays(CertificateDays),
            CompareHashes = !SkipHash,
        };
        var result = Run((output, token) => new ClusterHealthCheck().RunAsync(cluster, options, output.Steps($"Testing {ClusterName}"), token));
        WriteObject(result);
        if (FailOn is { } severity && result.Findings.FirstOrDefault(finding => finding.Severity >= severity) is { } worst)
        {
            throw new ClusterNotHealthyException(result, worst, result.Findings.Count(finding => finding.Severity >= severity));
        }
    }, terminating: FailOn is not null || !MyInvocation.ExpectingInput);
}
