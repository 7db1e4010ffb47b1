namespace DrPowerShell.Etcd.Snapshots;

/// <summary>How far a snapshot is verified; each level includes those before it.</summary>
public enum VerificationLevel
{
    /// <summary>Nothing was verified.</summary>
    None,

    /// <summary>The SHA-256 at the end matches the bytes before it.</summary>
    Digest,

    /// <summary>And every page is reachable or free, once, in order.</summary>
    Structure,

    /// <summary>And every row decodes and fits its key's history.</summary>
    Full,

    /// <summary>And a real etcd boots from it and answers with the hash computed here.</summary>
    Boot,
}
