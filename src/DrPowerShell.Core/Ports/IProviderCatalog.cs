namespace DrPowerShell.Core.Ports;

/// <summary>What the Providers assembly offers; <c>ProviderLoader</c> finds the one implementation there.</summary>
public interface IProviderCatalog
{
    IEtcdConnector Etcd { get; }

    /// <summary>Stores behind s3:// URIs.</summary>
    IBlobStoreConnector S3 { get; }

    /// <summary>Stores behind sftp:// URIs.</summary>
    IBlobStoreConnector Sftp { get; }

    /// <summary>Hosts behind SSH.</summary>
    IHostConnector Ssh { get; }

    ICompression Zstd { get; }

    IEncryption Age { get; }

    IYamlReader Yaml { get; }

    ICalendar Cron { get; }

    IDnsClient Dns { get; }

    ISqlProbe Sql { get; }

    IKubernetesCounter Kubernetes { get; }

    /// <summary>Notifiers by mail.</summary>
    INotifierConnector Mail { get; }
}
