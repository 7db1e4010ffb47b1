using System.Text.Json.Nodes;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What one scalar may be: in words, as a schema, and read.</summary>
internal abstract class EstateValue
{
    /// <summary>What is expected, in words that follow "expected".</summary>
    public abstract string Expected { get; }

    /// <summary>Whether what was found in its place may be shown: not where somebody may have written a secret.</summary>
    public virtual bool MayBeShown => true;

    /// <summary>The schema of its JSON form.</summary>
    public abstract JsonObject Schema();

    /// <summary>The value, or a <see cref="Refusal"/>.</summary>
    public abstract object Read(YamlScalar scalar, EstateSources sources);

    /// <summary>A refusal of what stands there.</summary>
    protected Refusal Refuse(YamlScalar scalar) => new(MayBeShown ? FoundText.Of(scalar) : FoundText.Hidden(scalar), Expected);
}

/// <summary>Why a scalar is not taken.</summary>
internal sealed record Refusal(string Found, string Expected);
