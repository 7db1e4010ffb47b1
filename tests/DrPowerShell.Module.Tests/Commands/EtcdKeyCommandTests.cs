using System.Management.Automation;
using System.Text;
using DrPowerShell.Module.Tests.Connections;
using DrPowerShell.Module.Tests.Engine;
using Xunit;

namespace DrPowerShell.Module.Tests.Commands;

[Collection(SecureClusterTests.Name)]
public sealed class EtcdKeyCommandTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly string _root = $"/keys/{Guid.NewGuid():N}/";

    public EtcdKeyCommandTests(SecureCluster secure) =>
        _session.Run("$null = Connect-EtcdCluster -Name prod @c", ("c", secure.Connection), ("root", _root)).Succeed();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void A_key_is_written_read_at_two_revisions_and_removed()
    {
        var first = _session.Run("Set-EtcdKey ${root}a one -PassThru").One.Revision;
        Assert.Empty(_session.Run("Set-EtcdKey ${root}a two").Succeed().Output);

        Assert.Equal("two", _session.Run("Get-EtcdKey ${root}a").One.Value);
        Assert.Equal("one", _session.Run("Get-EtcdKey ${root}a -Revision $r", ("r", (object)first)).One.Value);
        Assert.Equal("", _session.Run("Get-EtcdKey ${root}a -KeysOnly").One.Value);

        var removal = _session.Run("Remove-EtcdKey ${root}a -Confirm:$false").One;
        Assert.Equal(1L, removal.Count);
        var error = _session.Run("Get-EtcdKey ${root}a").Reports("EtcdKeyNotFound", "GetEtcdKeyCommand", ErrorCategory.ObjectNotFound);
        Assert.Equal(_root + "a", error.TargetObject);
        _session.Run("Remove-EtcdKey ${root}a -Confirm:$false").Reports("EtcdKeyNotFound", "RemoveEtcdKeyCommand", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void WhatIf_changes_nothing_and_tells_how_many_keys_would_go()
    {
        _session.Run("1..3 | ForEach-Object { Set-EtcdKey \"$root$_\" x }").Succeed();

        Assert.Empty(_session.Run("Remove-EtcdKey -Prefix $root -WhatIf").Succeed().Output);
        Assert.Empty(_session.Run("Set-EtcdKey ${root}1 changed -WhatIf").Succeed().Output);
        Assert.Equal(["x", "x", "x"], _session.Run("Get-EtcdKey -Prefix $root").All("Value"));

        Assert.Equal(3L, _session.Run("Remove-EtcdKey -Prefix $root -Confirm:$false").One.Count);
        Assert.Empty(_session.Run("Get-EtcdKey -Prefix $root").Succeed().Output);
        Assert.Equal(0L, _session.Run("Remove-EtcdKey -Prefix $root -Confirm:$false").One.Count);
    }

    [Fact]
    public void A_range_is_half_open_and_First_ends_it()
    {
        _session.Run("'a', 'b', 'c', 'd' | ForEach-Object { Set-EtcdKey \"$root$_\" $_ }").Succeed();

        Assert.Equal(["b", "c"], _session.Run("Get-EtcdKey -From ${root}b -To ${root}d").All("Value"));
        Assert.Equal(["a", "b"], _session.Run("Get-EtcdKey -Prefix $root -First 2").All("Value"));
        Assert.Equal(2L, _session.Run("Remove-EtcdKey -From ${root}b -To ${root}d -Confirm:$false").One.Count);
        Assert.Equal(["a", "d"], _session.Run("Get-EtcdKey -Prefix $root").All("Value"));
    }

    [Fact]
    public void A_removed_prefix_is_brought_back_by_piping_its_keys_in()
    {
        byte[] binary = [0, 0xFF, 0xFE, 0x80, (byte)'\n'];
        byte[] key = [.. Encoding.UTF8.GetBytes(_root), 0xC3, 0x28];
        _session.Run("Set-EtcdKey ${root}text ''; Set-EtcdKey $key $binary", ("key", key), ("binary", binary)).Succeed();

        _session.Run("$removed = Remove-EtcdKey -Prefix $root -Confirm:$false; Get-EtcdKey -Prefix $root -Revision ($removed.Revision - 1) | Set-EtcdKey").Succeed();

        var back = _session.Run("Get-EtcdKey -Prefix $root");
        Assert.Equal([Convert.ToHexString(Encoding.UTF8.GetBytes(_root + "text")), Convert.ToHexString(key)], back.All("KeyBytes").Select(Hex));
        Assert.Equal(["", Convert.ToHexString(binary)], back.All("ValueBytes").Select(Hex));
        Assert.Equal(2, _session.Run("Get-EtcdKey -Prefix $root | Remove-EtcdKey -Confirm:$false").Succeed().Output.Count);
    }

    [Fact]
    public void Keys_and_values_bind_by_property_name_and_several_keys_are_each_their_own()
    {
        _session.Run("1..3 | ForEach-Object { [pscustomobject]@{ Key = \"$root$_\"; Value = \"v$_\" } } | Set-EtcdKey").Succeed();

        var result = _session.Run("Get-EtcdKey ${root}1, ${root}missing, ${root}3");

        Assert.Equal(["v1", "v3"], result.Output.Select(item => item.Properties["Value"].Value));
        result.Reports("EtcdKeyNotFound", "GetEtcdKeyCommand", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void A_range_of_many_pages_is_read_at_the_revision_of_its_first_page()
    {
        _session.Run("1..450 | ForEach-Object { [pscustomobject]@{ Key = '{0}{1:d4}' -f $root, $_; Value = 'old' } } | Set-EtcdKey").Succeed();

        // The writer changes keys of later pages when the first key has come out.
        var values = _session.Run("Get-EtcdKey -Prefix $root | ForEach-Object { if ($_.Key.EndsWith('0001')) { Set-EtcdKey ${root}0449 new; Set-EtcdKey ${root}0451 new }; $_ }").All("Value");

        Assert.Equal(450, values.Length);
        Assert.All(values, value => Assert.Equal("old", value));
    }

    [Fact]
    public void A_compacted_and_a_future_revision_are_two_errors()
    {
        var revision = (long)_session.Run("Set-EtcdKey ${root}a 1 -PassThru").One.Revision;

        _session.Run("Get-EtcdKey ${root}a -Revision $r", ("r", revision + 100_000))
            .Reports("EtcdRevisionNotReached", "GetEtcdKeyCommand", ErrorCategory.InvalidArgument);
    }

    private static string Hex(object? bytes) => Convert.ToHexString((byte[])bytes!);
}
