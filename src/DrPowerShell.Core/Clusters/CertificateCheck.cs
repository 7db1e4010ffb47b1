using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;

namespace DrPowerShell.Core.Clusters;

/// <summary>How long the certificates of the members and of this client are still good.</summary>
internal sealed class CertificateCheck(IEtcdCluster cluster, ClusterHealthOptions options, DateTimeOffset now)
{
    /// <summary>The members with their certificates' ends filled in, and the end of this client's own.</summary>
    public async Task<(EtcdMemberInfo[] Members, DateTimeOffset? ClientExpires)> RunAsync(
        EtcdMemberInfo[] members, List<EtcdClusterFinding> findings, CancellationToken cancellationToken)
    {
        var looked = await Task.WhenAll(members.Select(member => LookAsync(member, cancellationToken))).ConfigureAwait(false);
        foreach (var member in looked)
        {
            Judge(member.CertificateExpires, "Certificate", $"The certificate it shows at {member.Endpoint?.Authority}", member.ToString(), findings);
        }

        var client = ClientExpiry();
        Judge(client, "ClientCertificate", "The client certificate of this connection", null, findings);
        return (looked, client);
    }

    private async Task<EtcdMemberInfo> LookAsync(EtcdMemberInfo member, CancellationToken cancellationToken)
    {
        if (!member.IsReachable || member.Endpoint is null)
        {
            return member;
        }

        try
        {
            var certificate = await cluster.GetServerCertificateAsync(member.Endpoint, cancellationToken).ConfigureAwait(false);
            return member with { CertificateExpires = certificate?.NotAfter.ToUniversalTime() };
        }
        catch (RecoveryException)
        {
            // It answered a moment ago; what stops it now shows in the other checks.
            return member;
        }
    }

    private void Judge(DateTimeOffset? expires, string kind, string what, string? member, List<EtcdClusterFinding> findings)
    {
        if (expires is not { } end || end - now > options.CertificateWarning)
        {
            return;
        }

        var day = end.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        var days = ((int)Math.Floor((end - now).TotalDays)).ToString(CultureInfo.InvariantCulture);
        findings.Add(end <= now
            ? new() { Severity = FindingSeverity.Error, Code = kind + "Expired", Member = member, Text = $"{what} expired on {day} UTC. Renew it." }
            : new() { Severity = FindingSeverity.Warning, Code = kind + "Expiring", Member = member, Text = $"{what} expires on {day} UTC, in {days} days. Renew it." });
    }

    private DateTimeOffset? ClientExpiry()
    {
        if (cluster.Options.Certificate is { } given)
        {
            return new DateTimeOffset(given.NotAfter).ToUniversalTime();
        }

        if (cluster.Options.CertificatePath is not { } path)
        {
            return null;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(path));
            return new DateTimeOffset(certificate.NotAfter).ToUniversalTime();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // The file was good when the connection was opened: that it has gone since is no fact about the cluster.
            return null;
        }
    }
}
