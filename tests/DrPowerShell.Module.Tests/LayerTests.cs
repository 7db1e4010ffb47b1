using System.Management.Automation;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using DrPowerShell.Module.Tests.Engine;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Module.Tests;

public sealed class LayerTests(BuiltModule module) : IClassFixture<BuiltModule>
{
    [Theory]
    [InlineData("DrPowerShell.Etcd.dll")]
    [InlineData("DrPowerShell.Core.dll", "DrPowerShell.Etcd")]
    [InlineData("DrPowerShell.Module.dll", "DrPowerShell.Core", "DrPowerShell.Etcd", "System.Management.Automation")]
    public void An_assembly_refers_to_the_base_class_library_and_to_the_floors_below(string assembly, params string[] allowed)
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var foreign = References(assembly).Where(name => !File.Exists(Path.Combine(runtime, name + ".dll")));

        Assert.Empty(foreign.Except(allowed, StringComparer.Ordinal));
    }

    [Fact]
    public void The_providers_know_nothing_of_the_module() =>
        Assert.DoesNotContain(References("providers/DrPowerShell.Providers.dll"), name => name is "DrPowerShell.Module" or "System.Management.Automation");

    [Fact]
    public void Importing_it_again_by_force_keeps_every_command()
    {
        var result = module.Session.Run(
            "Import-Module $m -Force; Import-Module $m -Force; (Get-Command -Module DrPowerShell).Name", ("m", BuiltModule.Folder));

        Assert.Equal(module.Cmdlets.Select(cmdlet => cmdlet.Name).Order(), result.Succeed().Output.Select(name => $"{name}").Order());
    }

    [Fact]
    public void Types_resolve_as_literals() =>
        Assert.Equal(
            "DrPowerShell.Core DrPowerShell.Etcd DrPowerShell.Module",
            $"{module.Session.Run(
                """
                ([DrPowerShell.Core.Clusters.EtcdMember], [DrPowerShell.Etcd.Mvcc.EtcdKeyValue],
                    [DrPowerShell.Module.Connections.EtcdConnection]).Assembly.GetName().Name -join ' '
                """).One}");

    [Fact]
    public void Another_modules_YamlDotNet_and_ours_live_side_by_side()
    {
        using var folder = new TempFolder();
        var theirs = AssemblyLoadContext.Default.LoadFromAssemblyPath(MakeAssembly(folder.FullName, "YamlDotNet", new Version(5, 0, 0, 0)));
        using var session = new ModuleSession();

        var catalog = session.Run("[DrPowerShell.Core.Ports.ProviderLoader]::Catalog").Succeed().Output.Single().BaseObject;
        var context = AssemblyLoadContext.GetLoadContext(catalog.GetType().Assembly)!;
        var ours = context.LoadFromAssemblyName(new AssemblyName("YamlDotNet"));

        Assert.Equal(5, theirs.GetName().Version!.Major);
        Assert.True(ours.GetName().Version!.Major > 5);
        Assert.StartsWith(Path.Combine(BuiltModule.Folder, "providers"), ours.Location);

        // Their private context shares the domain with the module: a second copy would make other types of the same names.
        Assert.DoesNotContain(context.Assemblies, assembly => assembly.GetName().Name is "DrPowerShell.Core" or "DrPowerShell.Etcd");
    }

    [Fact]
    public async Task Importing_takes_a_moment_only()
    {
        // A fresh process each, from a copy of the program that finds no module of its own. Another binary module goes first: the engine from
        // NuGet compiles its own import code at the first one, which pwsh brings compiled.
        using var folder = new TempFolder("import");
        CopyFolder(Path.GetDirectoryName(RepositoryPaths.Drps)!, folder.FullName);
        var first = MakeModule(folder.CreateFolder("First"));
        var script = $$"""
            Import-Module '{{first}}'
            $process = [Diagnostics.Process]::GetCurrentProcess(); $before = $process.TotalProcessorTime; $watch = [Diagnostics.Stopwatch]::StartNew()
            Import-Module '{{BuiltModule.Folder}}'
            $watch.Stop(); $process.Refresh()
            $watch.ElapsedMilliseconds; [long] ($process.TotalProcessorTime - $before).TotalMilliseconds
            """;
        var runs = new List<long[]>();
        for (var run = 0; run < 3; run++)
        {
            var result = await Command.RunAsync(folder[Path.GetFileName(RepositoryPaths.Drps)], ["-Command", script]);
            runs.Add([.. result.ThrowIfFailed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)]);
        }

        var elapsed = runs.Min(run => run[0]);
        var processor = runs.Min(run => run[1]);
        TestContext.Current.TestOutputHelper!.WriteLine($"Import-Module, best of {runs.Count}: {elapsed} ms, {processor} ms of processor time");

        // The aim is 60 ms on an idle machine. Other tests may keep this one busy, so only the work is held to a bound, and a wide one.
        Assert.InRange(processor, 0, 250);
    }

    private static string[] References(string assembly)
    {
        using var stream = File.OpenRead(Path.Combine(BuiltModule.Folder, assembly));
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static string MakeAssembly(string folder, string name, Version version, Action<ModuleBuilder>? fill = null)
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = version }, typeof(object).Assembly);
        var types = builder.DefineDynamicModule(name);
        fill?.Invoke(types);
        var path = Path.Combine(folder, name + ".dll");
        builder.Save(path);
        return path;
    }

    /// <summary>A binary module with one cmdlet and with views, and nothing behind them.</summary>
    private static string MakeModule(string folder)
    {
        MakeAssembly(folder, "First.Module", new Version(1, 0, 0, 0), types =>
        {
            var type = types.DefineType("TestFirstCommand", TypeAttributes.Public | TypeAttributes.Sealed, typeof(PSCmdlet));
            var attribute = typeof(CmdletAttribute).GetConstructor([typeof(string), typeof(string)])!;
            type.SetCustomAttribute(new CustomAttributeBuilder(attribute, ["Test", "First"]));
            type.CreateType();
        });
        File.Copy(Path.Combine(BuiltModule.Folder, "DrPowerShell.Format.ps1xml"), Path.Combine(folder, "First.Format.ps1xml"));
        File.WriteAllText(Path.Combine(folder, "First.psd1"),
            "@{ ModuleVersion = '1.0'; RootModule = 'First.Module.dll'; CmdletsToExport = 'Test-First'; FormatsToProcess = 'First.Format.ps1xml' }");
        return folder;
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
