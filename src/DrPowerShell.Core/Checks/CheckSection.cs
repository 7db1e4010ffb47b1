using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Secrets;

namespace DrPowerShell.Core.Checks;

/// <summary>One business check, as a plan writes it: what must be true before a restore counts as done.</summary>
public sealed record CheckSection
{
    [EstateKey("What it is called in plan and report.", Required = true)]
    public string Name { get; init; } = "";

    [EstateKey("What is asked: a web page, a TCP port, DNS, a database, keys of the restored cluster, objects of Kubernetes, a command on a host, or a script of your own.", Required = true)]
    public CheckKind Type { get; init; }

    [EstateKey("How long it may take until it passes, all attempts together.", Default = "2m")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(2);

    [EstateKey("The pause between two attempts.", Default = "2s")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    [EstateKey("How long one attempt may take.", Default = "10s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    [EstateKey("The longest an answer may take, such as 250ms or 2s. A slower one is a failure.", Format = EstateFormat.Latency)]
    public TimeSpan? MaxLatency { get; init; }

    [EstateKey("A regular expression that must be found in the answer: the page, the key's value, the command's output.", Format = EstateFormat.Pattern)]
    public string? Pattern { get; init; }

    [EstateKey("Of etcd-key, kubernetes-count and sql: how many keys, objects or rows there must be at least.", Minimum = 0, Maximum = 1e15)]
    public long? AtLeast { get; init; }

    [EstateKey("Of http: the address.")]
    public Uri? Url { get; init; }

    [EstateKey("Of http: the status codes that pass. Redirections are not followed. Default: [200].", Minimum = 1, Maximum = 599)]
    public IReadOnlyList<int> Status { get; init; } = [];

    [EstateKey("Of http: headers to send.", Format = EstateFormat.Scalar)]
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    [EstateKey("Of http: headers to send whose values are secrets, such as Authorization.")]
    public IReadOnlyDictionary<string, SecretReference> SecretHeaders { get; init; } = new Dictionary<string, SecretReference>(StringComparer.Ordinal);

    [EstateKey("Of http and sql: a PEM file with the authorities that signed the server's certificate. Default: the machine's own.", Format = EstateFormat.File)]
    public string? CaCertificate { get; init; }

    [EstateKey("Of http: a PEM file with the client certificate.", Format = EstateFormat.File)]
    public string? Certificate { get; init; }

    [EstateKey("Of http: a PEM file with the client certificate's key. Default: the certificate's own file.", Format = EstateFormat.File)]
    public string? CertificateKey { get; init; }

    [EstateKey("Of tcp and sql: the server. Of dns: the name that is asked for. Of command: a machine from the estate's hosts.")]
    public string? Host { get; init; }

    [EstateKey("Of tcp and sql: the port.", Minimum = 1, Maximum = 65535)]
    public int? Port { get; init; }

    [EstateKey("Of dns: the record's type.", Default = "a")]
    public DnsRecordType? Record { get; init; }

    [EstateKey("Of dns: what must be among the answers, all of it. Default: any answer.")]
    public IReadOnlyList<string> Answers { get; init; } = [];

    [EstateKey("Of dns: the address of the server that is asked, with a port where it is not 53. Default: the machine's own.")]
    public string? Server { get; init; }

    [EstateKey("Of sql: the database's kind.")]
    public SqlKind? Provider { get; init; }

    [EstateKey("Of sql: the database.")]
    public string? Database { get; init; }

    [EstateKey("Of sql: the user.")]
    public string? User { get; init; }

    [EstateKey("Of sql: where the user's password is kept.")]
    public SecretReference? Password { get; init; }

    [EstateKey("Of sql: how the connection is encrypted. verify checks the server's certificate and name.", Default = "prefer")]
    public SqlTls Tls { get; init; }

    [EstateKey("Of sql: the query. It should only read.")]
    public string? Query { get; init; }

    [EstateKey("Of sql: what the first column of the first row must be, as text.", Format = EstateFormat.Scalar)]
    public string? Expect { get; init; }

    [EstateKey("Of etcd-key: the key.")]
    public string? Key { get; init; }

    [EstateKey("Of etcd-key: the beginning of keys that are counted, in place of one key.")]
    public string? Prefix { get; init; }

    [EstateKey("Of kubernetes-count: the kind in plural as in the API, such as pods, or deployments.apps where a group must be named.")]
    public string? Resource { get; init; }

    [EstateKey("Of kubernetes-count: how many of those that the snapshot holds must be there at least, in percent.", Minimum = 0, Maximum = 1000)]
    public double? AtLeastPercent { get; init; }

    [EstateKey("Of kubernetes-count: a kubeconfig file, to ask the API server. Default: the keys are counted in the cluster itself.", Format = EstateFormat.File)]
    public string? Kubeconfig { get; init; }

    [EstateKey("Of kubernetes-count: the kubeconfig's context. Default: its current one.")]
    public string? Context { get; init; }

    [EstateKey("Of command: a line for /bin/sh.")]
    public string? Command { get; init; }

    [EstateKey("Of command: the exit code that passes.", Minimum = 0, Maximum = 255, Default = 0)]
    public int ExitCode { get; init; }

    [EstateKey("Of script: a PowerShell script (.ps1). It passes when it ends without an error.", Format = EstateFormat.File)]
    public string? Script { get; init; }

    [EstateKey("Of script: its parameters by name.", Format = EstateFormat.Scalar)]
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Of script: its SHA-256 in lowercase hex when the plan was made; another one is refused. Null: not held to one.</summary>
    public string? ScriptSha256 { get; init; }

    public override string ToString() => Name;
}

/// <summary>What a check asks.</summary>
public enum CheckKind
{
    /// <summary>A GET request.</summary>
    Http,

    /// <summary>A TCP connection.</summary>
    Tcp,

    /// <summary>A question to DNS.</summary>
    Dns,

    /// <summary>A query in a database.</summary>
    Sql,

    /// <summary>Keys of the restored cluster.</summary>
    EtcdKey,

    /// <summary>Objects of one kind.</summary>
    KubernetesCount,

    /// <summary>A command on a host.</summary>
    Command,

    /// <summary>A PowerShell script.</summary>
    Script,
}

/// <summary>A database's kind.</summary>
public enum SqlKind
{
    Postgresql,
    Mysql,
}

/// <summary>How a connection to a database is encrypted.</summary>
public enum SqlTls
{
    /// <summary>Where the server offers it.</summary>
    Prefer,

    /// <summary>Never.</summary>
    Disable,

    /// <summary>Always, whoever the server is.</summary>
    Require,

    /// <summary>Always, and the server's certificate and name are checked.</summary>
    Verify,
}

/// <summary>A type of DNS record.</summary>
public enum DnsRecordType
{
    A,
    Aaaa,
    Caa,
    Cname,
    Mx,
    Ns,
    Ptr,
    Soa,
    Srv,
    Txt,
}
