using System.Management.Automation;
using System.Xml.Linq;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests;

public sealed class ManifestTests(BuiltModule module) : IClassFixture<BuiltModule>
{
    [Fact]
    public void The_manifest_says_what_a_gallery_wants()
    {
        var info = module.Info;

        Assert.Equal(new Version(7, 4), info.PowerShellVersion);
        Assert.Equal(["Core"], info.CompatiblePSEditions);
        Assert.Equal("DrPowerShell.Module.dll", info.RootModule);
        Assert.NotEqual(Guid.Empty, info.Guid);
        Assert.All([info.Author, info.CompanyName, info.Copyright, info.Description, info.ReleaseNotes], text => Assert.False(string.IsNullOrWhiteSpace(text)));
        Assert.Contains("etcd", info.Tags);
        Assert.DoesNotContain(info.Tags, tag => tag.Contains(' ', StringComparison.Ordinal));
    }

    [Fact]
    public void The_version_is_the_one_of_the_build()
    {
        var version = XDocument.Load(Path.Combine(RepositoryPaths.Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

        Assert.Equal(version, module.Info.Version.ToString());
        Assert.All(module.Cmdlets, cmdlet => Assert.Equal(version, cmdlet.ImplementingType.Assembly.GetName().Version!.ToString(3)));
    }

    [Fact]
    public void Exactly_the_cmdlet_classes_are_exported_one_by_one()
    {
        var classes = module.Cmdlets[0].ImplementingType.Assembly.GetExportedTypes()
            .Select(type => type.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType == typeof(CmdletAttribute)))
            .Where(data => data is not null)
            .Select(data => $"{data!.ConstructorArguments[0].Value}-{data.ConstructorArguments[1].Value}")
            .Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(classes, module.Info.ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(classes, module.Cmdlets.Select(cmdlet => cmdlet.Name).Order(StringComparer.Ordinal));
        Assert.Empty(module.Info.ExportedFunctions);
        Assert.Empty(module.Info.ExportedAliases);
        Assert.Empty(module.Info.ExportedVariables);

        // Listed, not matched: a wildcard makes PowerShell load the assembly only to find a command.
        Assert.DoesNotContain('*', File.ReadAllText(BuiltModule.ManifestPath));
    }

    [Fact]
    public void Every_cmdlet_is_a_sealed_class_in_the_one_namespace_that_error_ids_name()
    {
        Assert.All(module.Cmdlets, cmdlet =>
        {
            Assert.True(cmdlet.ImplementingType.IsSealed, cmdlet.Name);
            Assert.Equal($"DrPowerShell.Module.Commands.{cmdlet.Verb}{cmdlet.Noun}Command", cmdlet.ImplementingType.FullName);
        });
        Assert.Empty(module.Session.Run("Import-Module $m -Force", ("m", BuiltModule.Folder)).Succeed().Warnings);
    }

    [Fact]
    public void Every_cmdlet_has_a_documented_output_type() =>
        Assert.All(module.Cmdlets, cmdlet => Assert.True(cmdlet.OutputType.Count > 0, $"{cmdlet.Name} has no OutputType"));

    [Fact]
    public void What_changes_something_can_be_asked_what_it_would_do()
    {
        string[] changing = ["Set", "Remove", "Backup", "Copy", "Restore", "Start", "Stop", "Export", "Import", "New", "Invoke"];

        Assert.All(module.Cmdlets.Where(cmdlet => changing.Contains(cmdlet.Verb, StringComparer.Ordinal)),
            cmdlet => Assert.True(cmdlet.Parameters.ContainsKey("WhatIf"), $"{cmdlet.Name} lacks -WhatIf"));
    }

    [Fact]
    public void The_folder_holds_each_assembly_once_and_no_part_of_PowerShell()
    {
        var assemblies = BuiltModule.Files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal)).Select(file => Path.GetFileName(file)).ToArray();

        Assert.Equal(assemblies.Distinct(StringComparer.OrdinalIgnoreCase), assemblies);
        Assert.DoesNotContain("System.Management.Automation.dll", assemblies);
        Assert.All(new[] { "DrPowerShell.Module.dll", "DrPowerShell.Core.dll", "DrPowerShell.Etcd.dll", "providers/DrPowerShell.Providers.dll",
            "providers/DrPowerShell.Providers.deps.json", "en-US/DrPowerShell.Module.dll-Help.xml", "en-US/about_DrPowerShell.help.txt",
            "en-US/about_RecoveryEstate.help.txt" },
            file => Assert.Contains(file, BuiltModule.Files));

        // Azure Automation takes no path of more than 140 characters; its own folder takes part of that.
        Assert.All(BuiltModule.Files, file => Assert.True(file.Length <= 90, file));
    }
}
