using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Ports;

public sealed class ProviderLoaderTests
{
    [Fact]
    public void A_folder_without_the_providers_is_an_error_that_names_the_missing_file()
    {
        using var folder = new TempFolder("providers");

        var error = Assert.Throws<ProvidersNotFoundException>(() => ProviderLoader.Load(folder.FullName));

        Assert.Equal(folder["providers", "DrPowerShell.Providers.dll"], error.Subject);
        Assert.Equal(FailureKind.NotInstalled, error.Kind);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void An_assembly_of_that_name_without_a_catalog_is_the_same_error()
    {
        using var folder = new TempFolder("providers");
        File.Copy(typeof(TempFolder).Assembly.Location, folder["DrPowerShell.Providers.dll"]);

        Assert.Throws<ProvidersNotFoundException>(() => ProviderLoader.Load(folder.FullName));
    }
}
