namespace DrPowerShell.Benchmarks.Acts;

/// <summary>What a process of ours shall do.</summary>
/// <param name="Name">An act's name, or "" for nothing at all.</param>
/// <param name="Snapshot">The snapshot to read.</param>
/// <param name="Endpoint">The running etcd.</param>
/// <param name="Target">The file or directory to write, not there yet, or the URI of a repository.</param>
/// <param name="Recipient">To whom a backup is encrypted.</param>
internal sealed record ActRequest(string Name, string Snapshot, string Endpoint, string Target, string Recipient = "");

/// <summary>What it took: wall time, and processor time over all threads.</summary>
/// <param name="Facts">What the act found out, to be held against what the other side says.</param>
internal sealed record ActAnswer(double Seconds, double ProcessorSeconds, string Facts);
