using System.Management.Automation;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Module.Completion;
using DrPowerShell.Module.Connections;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows a live cluster: its members, who leads, versions, revisions, log positions, sizes and alarms.</summary>
/// <remarks>
/// <para>Each member is asked itself. One that does not answer is in the list with IsReachable false and the reason in Error: that is no error of the cmdlet. Test-EtcdCluster judges what is shown here.</para>
/// </remarks>
/// <example>
/// <para>Show the cluster that the session is connected to.</para>
/// <code>Get-EtcdCluster</code>
/// <para>One object with the members in its property Members.</para>
/// </example>
/// <example>
/// <para>Show the members as a table.</para>
/// <code>(Get-EtcdCluster prod).Members | Format-Table Name, Role, Version, Revision, DbSize</code>
/// <para>The figures are each member's own, asked at the same moment.</para>
/// </example>
/// <example>
/// <para>Look at a cluster without a lasting connection.</para>
/// <code>Get-EtcdCluster -Endpoint https://etcd-1:2379 -CACertificate ./ca.pem -Certificate ./client.pem -CertificateKey ./client.key</code>
/// <para>The connection is closed again when the cmdlet ends.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "EtcdCluster")]
[OutputType(typeof(EtcdClusterInfo))]
public sealed class GetEtcdClusterCommand : EtcdClusterCmdlet
{
    /// <summary>
    /// The cluster: the name of an open connection or of a cluster in the estate, the connection that Connect-EtcdCluster returned, or a sandbox that Start-EtcdSandbox
    /// returned. Without it, and without -Endpoint, the one open connection is used.
    /// </summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ClusterNameCompleter))]
    [ValidateNotNull]
    public override ClusterReference? Cluster { get; set; }

    /// <inheritdoc/>
    protected override void Process() => Item(Cluster?.Name, () =>
    {
        var cluster = OpenCluster();
        Run(async (output, token) => output.WriteObject(await ClusterSurveyor.SurveyAsync(cluster, token).ConfigureAwait(false)));
    }, terminating: !MyInvocation.ExpectingInput);
}
