using System.Text.Json;
using System.Text.Json.Serialization;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Notifications;

/// <summary>What a notice tells of; in an estate and in JSON written as run-begun and so on.</summary>
[JsonConverter(typeof(NoticeEventConverter))]
public enum NoticeEvent
{
    /// <summary>A run has begun, or another process goes on with one; with what approval, the text says.</summary>
    RunBegun,

    /// <summary>A run goes ahead without the approval that the estate asks for. Sent before anything on a host is changed.</summary>
    BreakGlass,

    /// <summary>Somebody asks for the approval of a plan.</summary>
    ApprovalRequested,

    /// <summary>A run has ended, well or not.</summary>
    RunEnded,

    /// <summary>Undo-RecoveryRun has ended.</summary>
    UndoEnded,

    /// <summary>A run has ended, or was left, in a state that a person must look at.</summary>
    NeedsPerson,
}

/// <summary>Writes events as an estate does.</summary>
public sealed class NoticeEventConverter() : JsonStringEnumConverter<NoticeEvent>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

/// <summary>One message to people outside. Its JSON is described by notice.schema.json; it holds no secret.</summary>
public sealed record Notice
{
    public const string CurrentSchema = "drpowershell/notice/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>The same at every attempt to send it, so that a receiver can tell a repetition.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>What it tells of.</summary>
    public required NoticeEvent Event { get; init; }

    /// <summary>What else it tells of: who asked for that alone is told as well, and once.</summary>
    [JsonIgnore]
    public NoticeEvent? AlsoEvent { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The run's id; null where it is about none.</summary>
    public string? Run { get; init; }

    /// <summary>restore, failover or drill.</summary>
    public required string Kind { get; init; }

    public required string Cluster { get; init; }

    /// <summary>Whose act it tells of: user@host, or who asks for an approval.</summary>
    public required string Operator { get; init; }

    /// <summary>The machine that sends it.</summary>
    public string Machine { get; init; } = Environment.MachineName;

    /// <summary>Of break-glass: why; of approval-requested: the requester's reason; of a run that failed: what it failed of.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a run that has ended: how.</summary>
    public RunResult? Result { get; init; }

    /// <summary>When the run began, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>How long the service was gone.</summary>
    public TimeSpan? Rto { get; init; }

    public TimeSpan? RtoTarget { get; init; }

    /// <summary>How much was lost, as a time.</summary>
    public TimeSpan? Loss { get; init; }

    public TimeSpan? LossTarget { get; init; }

    /// <summary>The request that was used up, or that waits for approvers.</summary>
    public string? Request { get; init; }

    public IReadOnlyList<string> ApprovedBy { get; init; } = [];

    /// <summary>Why the run went ahead without approval; null where it did not.</summary>
    public string? BreakGlass { get; init; }

    /// <summary>One line.</summary>
    public required string Title { get; init; }

    /// <summary>All of it for people, in lines; without the title.</summary>
    public required string Text { get; init; }

    /// <summary>Title and text.</summary>
    public string ToText() => $"{Title}\n{Text}\n";

    public string ToJson() => JsonSerializer.Serialize(this, NoticeJson.Default.Notice);

    public override string ToString() => Title;
}

/// <summary>The JSON of notices.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Notice))]
public sealed partial class NoticeJson : JsonSerializerContext;
