using System.Net;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Providers.Sftp;
using DrPowerShell.Testing.Stores;
using Xunit;

[assembly: AssemblyFixture(typeof(DrPowerShell.Providers.Tests.Sftp.SharedSshServer))]

namespace DrPowerShell.Providers.Tests.Sftp;

/// <summary>One server for all tests that leave it as they found it, and the options that lead to it.</summary>
public sealed class SharedSshServer : IAsyncLifetime
{
    public SshServer Server { get; private set; } = null!;

    /// <summary>Holds the server's key for any port of this machine, so that it is known behind a proxy too.</summary>
    public string KnownHosts => Server["known_hosts_any_port"];

    public async ValueTask InitializeAsync()
    {
        Server = await SshServer.StartAsync();
        await File.WriteAllTextAsync(KnownHosts, $"[127.0.0.1]:* {Server.HostKey("ed25519")}\n");
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    public SftpAccess Access => new() { KeyPath = Server.Key, KnownHostsPaths = [KnownHosts] };

    public RepositoryOptions Options(string folder, int? port = null, SftpAccess? access = null, string? user = null) => new()
    {
        Name = "ssh",
        Uri = new Uri($"sftp://{user ?? Server.User}@{IPAddress.Loopback}:{port ?? Server.Port}{folder}"),
        Sftp = access ?? Access,
    };

    /// <summary>Opens a store with little patience.</summary>
    internal static Task<IBlobStore> OpenAsync(RepositoryOptions options, SftpPatience? patience = null) =>
        new SftpBlobStoreConnector(patience ?? new SftpPatience()).OpenAsync(options, TestContext.Current.CancellationToken);
}
