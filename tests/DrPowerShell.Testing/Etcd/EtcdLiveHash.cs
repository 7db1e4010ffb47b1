namespace DrPowerShell.Testing.Etcd;

/// <summary>What a member answered to HashKV. The compact revision is -1 where nothing was compacted yet.</summary>
public sealed record EtcdLiveHash(string Member, uint Hash, long CompactRevision, long Revision);
