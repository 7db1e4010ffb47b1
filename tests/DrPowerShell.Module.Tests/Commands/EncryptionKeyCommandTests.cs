using System.Management.Automation;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests.Commands;

public sealed class EncryptionKeyCommandTests(BuiltModule module) : IClassFixture<BuiltModule>, IDisposable
{
    private readonly TempFolder _folder = new("key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_lies_in_its_file_alone_and_age_takes_it()
    {
        var path = _folder["new.key"];
        var result = module.Session.Run("New-SnapshotEncryptionKey $path", ("path", path)).Succeed();

        dynamic key = result.Output[0];
        var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(path, (string)key.Path);
        Assert.InRange((DateTimeOffset)key.Created, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        Assert.Equal([$"# created: {(DateTimeOffset)key.Created:yyyy-MM-dd'T'HH:mm:ss'Z'}", $"# public key: {key.Recipient}"], lines[..2]);
        Assert.DoesNotContain("AGE-SECRET", string.Join('\n', result.Output.Select(one => $"{one} {string.Join(' ', one.Properties.Select(property => $"{property.Name} {property.Value}"))}")));
        Assert.Equal((string)key.Recipient, (await Command.RunAsync("age-keygen", ["-y", path], cancellationToken: TestContext.Current.CancellationToken)).ThrowIfFailed().Output.Trim());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void Nothing_is_overwritten_and_WhatIf_writes_nothing()
    {
        File.WriteAllText(_folder["old"], "precious");

        module.Session.Run("New-SnapshotEncryptionKey $path", ("path", _folder["old"]))
            .FailsWith("EncryptionKeyFileExists", "NewSnapshotEncryptionKeyCommand", ErrorCategory.ResourceExists);
        module.Session.Run("New-SnapshotEncryptionKey $path -WhatIf", ("path", _folder["new"])).Succeed();

        Assert.Equal("precious", File.ReadAllText(_folder["old"]));
        Assert.Equal(["old"], _folder.List());
    }
}
