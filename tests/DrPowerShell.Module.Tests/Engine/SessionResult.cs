using System.Management.Automation;
using Xunit;

namespace DrPowerShell.Module.Tests.Engine;

/// <summary>What a script wrote, and how it ended.</summary>
internal sealed record SessionResult
{
    public required PSInvocationState State { get; init; }

    public required IReadOnlyList<PSObject> Output { get; init; }

    /// <summary>The non-terminating errors.</summary>
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }

    public required IReadOnlyList<string> Verbose { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<ProgressRecord> Progress { get; init; }

    public required Exception? Terminating { get; init; }

    /// <summary>The one object that came out, for reading its properties.</summary>
    public dynamic One => Assert.Single(Succeed().Output);

    /// <summary>A property of every object that came out.</summary>
    public object?[] All(string property) => [.. Succeed().Output.Select(item => item.Properties[property].Value)];

    /// <summary>This result, having checked that nothing failed.</summary>
    public SessionResult Succeed()
    {
        Assert.True(Terminating is null && Errors.Count == 0, $"{Terminating?.Message} {string.Join("; ", Errors)}");
        return this;
    }

    /// <summary>The one terminating error, having checked its id.</summary>
    public ErrorRecord FailsWith(string errorId, string command, ErrorCategory category)
    {
        var record = Assert.IsAssignableFrom<IContainsErrorRecord>(Terminating).ErrorRecord;
        Check(record, errorId, command, category);
        return record;
    }

    /// <summary>The one non-terminating error, having checked its id.</summary>
    public ErrorRecord Reports(string errorId, string command, ErrorCategory category)
    {
        Assert.Null(Terminating);
        var record = Assert.Single(Errors);
        Check(record, errorId, command, category);
        return record;
    }

    private static void Check(ErrorRecord record, string errorId, string command, ErrorCategory category)
    {
        Assert.Equal($"{errorId},DrPowerShell.Module.Commands.{command}", record.FullyQualifiedErrorId);
        Assert.Equal(category, record.CategoryInfo.Category);
        Assert.False(string.IsNullOrWhiteSpace(record.ErrorDetails?.RecommendedAction), "no recommended action");
    }
}
