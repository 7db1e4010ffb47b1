using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Hosts;

/// <summary>Digests on machines with an openssl, without one, and with one that cannot be trusted.</summary>
public sealed class DigestScriptTests : IDisposable
{
    private readonly TempFolder _temp = new("digests");

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("exit 1")]
    [InlineData("echo 'd41d8cd98f00b204e9800998ecf8427e *stdin'")]
    [InlineData("exec /usr/bin/openssl \"$@\"")]
    public async Task Each_machine_tells_the_same(string? openssl)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "one", ["in/new\nline"] = "two", ["in/back\\slash"] = "three", ["empty"] = "" };
        foreach (var (name, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_temp["data", name])!);
            await File.WriteAllTextAsync(_temp["data", name], text, TestContext.Current.CancellationToken);
        }

        var programs = _temp.CreateFolder("bin");
        foreach (var program in new[] { "find", "sha256sum" })
        {
            File.CreateSymbolicLink(Path.Combine(programs, program), "/usr/bin/" + program);
        }

        if (openssl is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(programs, "openssl"), $"#!/bin/sh\n{openssl}\n", TestContext.Current.CancellationToken);
            (await Command.RunAsync("chmod", ["+x", Path.Combine(programs, "openssl")])).ThrowIfFailed();
        }

        var all = await DigestsAsync(_temp["data"], programs);
        Assert.Equal(files.ToDictionary(file => file.Key, file => Sha256(file.Value)).OrderBy(file => file.Key, StringComparer.Ordinal), all.OrderBy(file => file.Key, StringComparer.Ordinal));
        Assert.Equal(new KeyValuePair<string, string>("", Sha256("one")), Assert.Single(await DigestsAsync(_temp["data", "a"], programs)));
    }

    private static async Task<Dictionary<string, string>> DigestsAsync(string path, string programs) => HostText.Digests((await Command.RunAsync(
        "/bin/sh", ["-c", HostScripts.Locale + HostScripts.Digests, "drpowershell", path], new Dictionary<string, string?> { ["PATH"] = programs })).ThrowIfFailed().Output);

    private static string Sha256(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
}
