using DrPowerShell.Core.Checks;

namespace DrPowerShell.Core.Ports;

/// <summary>Asks databases one question each.</summary>
public interface ISqlProbe
{
    /// <summary>Connects, runs the query, reads its rows to the end, and closes.</summary>
    /// <exception cref="Checks.Errors.CheckNotAnsweredException">There was no answer; the message never holds the password.</exception>
    Task<SqlAnswer> AskAsync(SqlQuestion question, CancellationToken cancellationToken);
}

/// <summary>A query, where it is asked, and how to get in. Holds a secret; never print it whole.</summary>
public sealed record SqlQuestion
{
    public required SqlKind Kind { get; init; }

    public required string Host { get; init; }

    /// <summary>Null for the kind's own port.</summary>
    public int? Port { get; init; }

    public string? Database { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public SqlTls Tls { get; init; }

    /// <summary>A PEM file with authorities.</summary>
    public string? CaCertificate { get; init; }

    public required string Query { get; init; }

    public required TimeSpan Timeout { get; init; }

    public override string ToString() => $"{Kind} on {Host}";
}

/// <summary>What a query answered.</summary>
/// <param name="First">The first column of the first row as text, by no culture; null for no row and for NULL.</param>
/// <param name="Rows">How many rows there are.</param>
public sealed record SqlAnswer(string? First, long Rows);
