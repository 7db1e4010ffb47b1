using DrPowerShell.Core.Ports;
using DrPowerShell.Providers.Age;
using DrPowerShell.Providers.Cron;
using DrPowerShell.Providers.Dns;
using DrPowerShell.Providers.Etcd;
using DrPowerShell.Providers.Kubernetes;
using DrPowerShell.Providers.Mail;
using DrPowerShell.Providers.S3;
using DrPowerShell.Providers.Sftp;
using DrPowerShell.Providers.Sql;
using DrPowerShell.Providers.Ssh;
using DrPowerShell.Providers.Yaml;
using DrPowerShell.Providers.Zstd;

namespace DrPowerShell.Providers;

/// <summary>Everything that this assembly offers to Core, behind Core's own interfaces.</summary>
public sealed class ProviderCatalog : IProviderCatalog
{
    public IEtcdConnector Etcd { get; } = new EtcdConnector();

    public IBlobStoreConnector S3 { get; } = new S3BlobStoreConnector();

    public IBlobStoreConnector Sftp { get; } = new SftpBlobStoreConnector();

    public IHostConnector Ssh { get; } = new SshHostConnector();

    public ICompression Zstd { get; } = new ZstdCompression();

    public IEncryption Age { get; } = new AgeEncryption();

    public IYamlReader Yaml { get; } = new YamlReader();

    public ICalendar Cron { get; } = new CronCalendar();

    public IDnsClient Dns { get; } = new DnsQuestions();

    public ISqlProbe Sql { get; } = new SqlQuestions();

    public IKubernetesCounter Kubernetes { get; } = new KubernetesObjects();

    public INotifierConnector Mail { get; } = new MailNotifierConnector();
}
