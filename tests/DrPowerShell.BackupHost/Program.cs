using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Etcd.Snapshots;

// Backs a cluster up into a repository, straight through, and ends: the process that tests kill wherever they like.
// ETCD-ENDPOINT REPOSITORY-URI [SSH-KEY KNOWN-HOSTS]; keys of S3 come from the environment. It begins when a line comes in.
await Console.In.ReadLineAsync();
await using var cluster = await ProviderLoader.Catalog.Etcd.ConnectAsync(new EtcdConnectionOptions { Endpoints = [new Uri(args[0])] }, CancellationToken.None);
var access = RepositoryUri.Parse(args[1]);
if (args.Length > 2)
{
    access = access with { Sftp = new SftpAccess { KeyPath = args[2], KnownHostsPaths = [args[3]] } };
}

await using var repository = await SnapshotRepository.OpenAsync(access, CancellationToken.None);
var options = new RepositoryBackupOptions { ClusterName = "prod", Level = VerificationLevel.Digest, NoSpool = true };
await new RepositoryBackup().RunAsync(cluster, repository, options, progress: null, decisions: null, CancellationToken.None);
