using Xunit;

namespace DrPowerShell.Providers.Tests.Stores;

/// <summary>Tests that change what the whole process shares (its environment, the SDK's clock) or measure its memory: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "Alone";
}
