using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Estates;

/// <summary>The examples of about_RecoveryEstate, loaded as the commands load them.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class EstateTopicTests
{
    private static readonly string Topic = File.ReadAllText(Path.Combine(RepositoryPaths.Module, "en-US", "about_RecoveryEstate.help.txt"));

    /// <summary>The sections' examples: from a key of the file's top to the first line that is not indented as far.</summary>
    private static IReadOnlyList<string> Examples { get; } = [.. Block().Matches(Topic).Select(block => block.Value)];

    [Fact]
    public void Its_examples_are_together_one_valid_estate()
    {
        var result = Test(Together());

        Assert.Equal(["lab", "prod"], ((IEnumerable<string>)result.Clusters).Order());
        Assert.Equal(["nearby", "offsite", "vault"], ((IEnumerable<string>)result.Repositories).Order());
        Assert.Equal(["nightly"], (IEnumerable<string>)result.Schedules);
    }

    [Fact]
    public void What_it_says_of_identities_takes_the_place_of_an_examples_encrypt()
    {
        var identities = Topic.Split('\n').Single(line => line.Contains("identities: [", StringComparison.Ordinal)).Trim();
        var example = Together();
        var changed = example.Replace("encrypt: { recipients: [escrow] }", identities, StringComparison.Ordinal);

        Assert.NotEqual(example, changed);
        Test(changed);
    }

    [Fact]
    public void Every_section_has_one()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Module, "schemas", "estate.schema.json")))!;

        Assert.Equal(schema["properties"]!.AsObject().Select(key => key.Key).Order(), Examples.Select(block => block.Trim().Split(':')[0]).Order());
    }

    private static string Together() => string.Concat(Examples.Select(block => block.Replace("\n        ", "\n", StringComparison.Ordinal)[8..] + "\n"));

    private static dynamic Test(string estate)
    {
        using var folder = new TempFolder("topic");
        using var session = new ModuleSession();
        File.WriteAllText(folder["dr.yaml"], estate);
        File.SetUnixFileMode(folder["dr.yaml"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var result = session.Run("Test-RecoveryEstate $p", ("p", folder["dr.yaml"])).One;
        Assert.True((bool)result.IsValid, string.Join('\n', (IEnumerable<object>)result.Mistakes));
        return result;
    }

    [GeneratedRegex(@"^ {8}[a-z]+:(?: \[.*)?$(?:\n {9,}.*$)*", RegexOptions.Multiline)]
    private static partial Regex Block();
}
