using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using DrPowerShell.Etcd.Bolt;
using DrPowerShell.Etcd.Mvcc;
using DrPowerShell.Etcd.Raft;

namespace DrPowerShell.Etcd.Snapshots;

/// <summary>Reads the small buckets: <c>meta</c>, <c>cluster</c>, <c>members</c>, <c>lease</c>, <c>alarm</c>, <c>auth</c>.</summary>
/// <remarks>Names and formats: etcd v3.6 server/storage/schema (bucket.go, cindex.go, membership.go, alarm.go, auth.go).</remarks>
public static class SnapshotMetadataReader
{
    private const int MaxMembers = 1000;
    private const int MaxJson = 64 << 10;

    /// <exception cref="SnapshotDamagedException">A page on the way cannot be read, or a value is not what it must be.</exception>
    public static SnapshotMetadata Read(BoltDatabase database, CancellationToken cancellationToken = default)
    {
        var meta = database.OpenBucket("meta"u8);
        var cluster = database.OpenBucket("cluster"u8);
        return new SnapshotMetadata
        {
            PageSize = database.Meta.PageSize,
            TransactionId = database.Meta.TransactionId,
            ImageSize = database.ImageLength,
            Revision = NewestRevision(database),
            StorageVersion = Text(meta?.Get("storageVersion"u8)),
            ClusterVersion = Text(cluster?.Get("clusterVersion"u8)),
            ConsistentIndex = Number(meta?.Get("consistent_index"u8)),
            Term = Number(meta?.Get("term"u8)),
            CompactedRevision = Compaction(meta).Finished,
            ScheduledCompactRevision = Compaction(meta).Scheduled,
            IsAuthEnabled = database.OpenBucket("auth"u8)?.Get("authEnabled"u8) is [1],
            Members = Members(database),
            LeaseCount = CountItems(database.OpenBucket("lease"u8), cancellationToken),
            Alarms = Alarms(database),
            DowngradeTarget = Downgrade(cluster?.Get("downgrade"u8)),
        };
    }

    internal static CompactionMarks Compaction(BoltBucket? meta) =>
        new(RevisionOf(meta?.Get("finishedCompactRev"u8)), RevisionOf(meta?.Get("scheduledCompactRev"u8)));

    /// <summary>The main revision of the last row, 0 where there is none.</summary>
    public static long NewestRevision(BoltDatabase database)
    {
        using var cursor = database.OpenBucket("key"u8)?.OpenCursor();
        return cursor?.MoveLast() == true && Revision.TryRead(cursor.Key, out var revision, out _) ? revision.Main : 0;
    }

    private static long RevisionOf(byte[]? value) => value is not null && Revision.TryRead(value, out var revision, out _) ? revision.Main : 0;

    private static string? Text(byte[]? value) => value is null ? null : EtcdText.Show(value.AsSpan(0, Math.Min(value.Length, 64)));

    private static ulong? Number(byte[]? value) => value is { Length: 8 } ? BinaryPrimitives.ReadUInt64BigEndian(value) : null;

    private static long CountItems(BoltBucket? bucket, CancellationToken cancellationToken)
    {
        using var cursor = bucket?.OpenCursor();
        long count = 0;
        for (var more = cursor?.MoveFirst() == true; more; more = cursor!.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            count++;
        }

        return count;
    }

    private static List<SnapshotMember> Members(BoltDatabase database)
    {
        var members = new List<SnapshotMember>();
        using var cursor = database.OpenBucket("members"u8)?.OpenCursor();
        for (var more = cursor?.MoveFirst() == true; more && members.Count < MaxMembers; more = cursor!.MoveNext())
        {
            members.Add(Member(cursor!.Key, cursor.Value, database.Source.Name));
        }

        return members;
    }

    private static SnapshotMember Member(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, string file)
    {
        if (value.Length > MaxJson)
        {
            throw new SnapshotDamagedException(file, "MemberMalformed", null, $"the record of a member has {value.Length:N0} bytes.");
        }

        try
        {
            using var json = JsonDocument.Parse(value.ToArray());
            var root = json.RootElement;
            return new SnapshotMember(
                Encoding.ASCII.GetString(key[..Math.Min(key.Length, 16)]),
                root.TryGetProperty("name", out var name) ? name.GetString() ?? "" : "",
                Strings(root, "peerURLs"),
                Strings(root, "clientURLs"),
                root.TryGetProperty("isLearner", out var learner) && learner.ValueKind == JsonValueKind.True);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new SnapshotDamagedException(file, "MemberMalformed", null, $"the record of a member is not what it must be: {e.Message}");
        }
    }

    private static List<string> Strings(JsonElement root, string property) =>
        root.TryGetProperty(property, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(e => e.GetString() ?? "")] : [];

    // etcdserverpb.AlarmMember { memberID = 1, alarm = 2 } is the key; the value is empty.
    private static List<SnapshotAlarm> Alarms(BoltDatabase database)
    {
        var alarms = new List<SnapshotAlarm>();
        using var cursor = database.OpenBucket("alarm"u8)?.OpenCursor();
        for (var more = cursor?.MoveFirst() == true; more && alarms.Count < MaxMembers; more = cursor!.MoveNext())
        {
            ulong member = 0, alarm = 0;
            var reader = new ProtoReader(cursor!.Key);
            while (reader.TryReadField(out var field))
            {
                member = field.Number == 1 ? field.Value : member;
                alarm = field.Number == 2 ? field.Value : alarm;
            }

            var name = alarm switch { 1 => "NoSpace", 2 => "Corrupt", _ => $"Alarm{alarm}" };
            alarms.Add(new SnapshotAlarm(member.ToString("x", System.Globalization.CultureInfo.InvariantCulture), name));
        }

        return alarms;
    }

    private static string? Downgrade(byte[]? value)
    {
        if (value is null || value.Length > MaxJson)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(value);
            return json.RootElement.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True
                && json.RootElement.TryGetProperty("target-version", out var target) ? target.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
