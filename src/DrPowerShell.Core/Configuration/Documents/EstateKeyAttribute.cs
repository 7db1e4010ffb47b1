namespace DrPowerShell.Core.Configuration.Documents;

/// <summary>What a key of the estate means and may hold: the binder checks by it, and the JSON Schema is written from it.</summary>
/// <param name="description">One or two sentences, shown by editors.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EstateKeyAttribute(string description) : Attribute
{
    public string Description { get; } = description;

    /// <summary>Whether the section is incomplete without it.</summary>
    public bool Required { get; init; }

    /// <summary>What a text must be, beyond what its type says.</summary>
    public EstateFormat Format { get; init; }

    /// <summary>The words that are allowed; of an enumeration without them, all of its names.</summary>
    public string[] Values { get; init; } = [];

    /// <summary>The least number; a list's least count.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>The greatest number.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>What holds where the key is missing, as it would be written.</summary>
    public object? Default { get; init; }

    /// <summary>The section at the top whose names are allowed.</summary>
    public string? NamesOf { get; init; }
}

/// <summary>What a text is.</summary>
public enum EstateFormat
{
    /// <summary>Any text with at least one character; other types say themselves what they are.</summary>
    Text,

    /// <summary>A file's or folder's path, relative to the estate file.</summary>
    File,

    /// <summary>A size such as 10GB, or a number of bytes.</summary>
    Size,

    /// <summary>The URI of a repository.</summary>
    Repository,

    /// <summary>A client URL of etcd.</summary>
    Endpoint,

    /// <summary>An age recipient, or the name of one.</summary>
    Recipient,

    /// <summary>A cron expression or a word for one.</summary>
    When,

    /// <summary>user@host or user@host:port.</summary>
    SshHost,

    /// <summary>A text, a number or a boolean, taken as it is written.</summary>
    Scalar,

    /// <summary>A regular expression of .NET.</summary>
    Pattern,

    /// <summary>A short time span such as 250ms or 2s.</summary>
    Latency,

    /// <summary>A URL that may hold a token: what stands in its place is never shown.</summary>
    Webhook,

    /// <summary>An address of mail.</summary>
    Mail,
}
