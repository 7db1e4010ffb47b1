using System.Diagnostics;

namespace DrPowerShell.Testing.Stores;

/// <summary>A real S3 server (Ceph), started for this process when it is first asked for, and ended with it, however it ends.</summary>
public sealed class CephServer
{
    private static readonly object Starting = new();
    private static Task<CephServer>? started;
    private static int buckets;

    private readonly IReadOnlyDictionary<string, string> _facts;
    private readonly Process _holder;
    private readonly TempFolder _folder;

    private CephServer(IReadOnlyDictionary<string, string> facts, Process holder, TempFolder folder) => (_facts, _holder, _folder) = (facts, holder, folder);

    public Uri Endpoint => new(_facts["S3_ENDPOINT"]);

    /// <summary>The same server over TLS, with a certificate that <see cref="AuthorityPath"/> signs.</summary>
    public Uri TlsEndpoint => new(_facts["S3_TLS_ENDPOINT"]);

    /// <summary>The same server under a name below which buckets are hosts. Nothing resolves it: a proxy must lead there.</summary>
    public Uri NamedEndpoint => new($"http://{_facts["S3_DNS_NAME"]}:{Endpoint.Port}");

    public string AuthorityPath => _facts["S3_CA"];

    public string Region => _facts["S3_REGION"];

    /// <summary>The user who owns the buckets of the tests.</summary>
    public S3Keys Owner => new(_facts["S3_ACCESS_KEY"], _facts["S3_SECRET_KEY"]);

    /// <summary>A user named "reader" who owns nothing and may what a bucket's policy lets him.</summary>
    public S3Keys Reader => new(_facts["S3_READER_ACCESS_KEY"], _facts["S3_READER_SECRET_KEY"]);

    /// <summary>A user with a quota of 4 MB.</summary>
    public S3Keys Small => new(_facts["S3_SMALL_ACCESS_KEY"], _facts["S3_SMALL_SECRET_KEY"]);

    /// <summary>The server of this process.</summary>
    public static Task<CephServer> SharedAsync()
    {
        lock (Starting)
        {
            return started ??= Task.Run(StartAsync);
        }
    }

    /// <summary>Creates a bucket of the owner's, or of another user's, and returns its name.</summary>
    /// <param name="keepsLocks">With Object Lock, which keeps versions.</param>
    public async Task<string> CreateBucketAsync(bool keepsLocks = false, S3Keys? owner = null)
    {
        var name = $"dr-test-{Interlocked.Increment(ref buckets)}";
        await PutAsync(owner ?? Owner, name, body: null, keepsLocks ? ["-H", "x-amz-bucket-object-lock-enabled: true"] : []);
        return name;
    }

    /// <summary>Keeps versions from now on.</summary>
    public Task KeepVersionsAsync(string bucket) => PutAsync(
        Owner, bucket + "?versioning=", "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>");

    /// <summary>Lets the reader list and read a bucket, and nothing else.</summary>
    public Task LetReadAsync(string bucket) => PutAsync(
        Owner,
        bucket + "?policy=",
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/reader"]},"Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::{{bucket}}","arn:aws:s3:::{{bucket}}/*"]}]}""");

    // By curl, so that the server's own set-up needs no client library of ours.
    private async Task PutAsync(S3Keys keys, string path, string? body, params string[] more)
    {
        string[] arguments =
        [
            "--silent", "--show-error", "--fail-with-body", "--aws-sigv4", $"aws:amz:{Region}:s3", "--user", $"{keys.AccessKey}:{keys.SecretKey}", "-X", "PUT",
            "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", .. more, .. body is null ? Array.Empty<string>() : ["--data-binary", body], new Uri(Endpoint, path).AbsoluteUri,
        ];
        var result = await Command.RunAsync("curl", arguments);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"PUT {path}: {result}");
        }
    }

    private static async Task<CephServer> StartAsync()
    {
        var folder = new TempFolder("ceph");
        var start = new ProcessStartInfo("bash", [Path.Combine(RepositoryPaths.ServiceScripts, "hold.sh"), "ceph.sh"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DR_SERVICES"] = folder.FullName;
        var holder = Process.Start(start) ?? throw new InvalidOperationException("bash could not be started.");
        var errors = holder.StandardError.ReadToEndAsync();
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await holder.StandardOutput.ReadLineAsync() is { Length: > 0 } line)
        {
            facts[line[..line.IndexOf('=', StringComparison.Ordinal)]] = line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..];
        }

        var server = new CephServer(facts, holder, folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.End();
        return facts.ContainsKey("S3_ENDPOINT") ? server : throw new InvalidOperationException($"Ceph did not start:\n{await errors}");
    }

    // Were this not to run, the holder would see the end of its standard input all the same.
    private void End()
    {
        _holder.StandardInput.Close();
        _holder.WaitForExit(TimeSpan.FromSeconds(10));
        _folder.Dispose();
    }
}

/// <summary>The two halves of an S3 user's key.</summary>
public sealed record S3Keys(string AccessKey, string SecretKey);
