using System.Reflection;
using System.Runtime.Loader;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Ports;

/// <summary>
/// Finds <c>DrPowerShell.Providers.dll</c> in the folder <c>providers</c> beside this assembly (or right beside it) and loads it with its
/// packages into a load context of their own, once a process.
/// </summary>
/// <remarks>Only BCL, Etcd and Core types cross the line, so that the packages never meet another module's versions of themselves.</remarks>
public static class ProviderLoader
{
    private const string AssemblyName = "DrPowerShell.Providers";

    // PublicationOnly: a failed load is tried again at the next call, after the user has repaired the module's folder.
    private static readonly Lazy<IProviderCatalog> Loaded = new(() => Load(BaseFolder()), LazyThreadSafetyMode.PublicationOnly);

    private static readonly object Gate = new();

    /// <summary>The one catalog of this process, loaded at the first call. Thread safe.</summary>
    /// <exception cref="ProvidersNotFoundException">The assembly is not where the module keeps it.</exception>
    public static IProviderCatalog Catalog
    {
        get
        {
            lock (Gate)
            {
                return Loaded.Value;
            }
        }
    }

    internal static IProviderCatalog Load(string baseFolder)
    {
        var path = Candidates(baseFolder).FirstOrDefault(File.Exists)
            ?? throw new ProvidersNotFoundException(Candidates(baseFolder).First());
        var assembly = new ProviderLoadContext(path).LoadFromAssemblyPath(path);
        var catalog = Array.Find(assembly.GetTypes(), type => !type.IsAbstract && type.IsAssignableTo(typeof(IProviderCatalog)))
            ?? throw new ProvidersNotFoundException(path);
        return (IProviderCatalog)Activator.CreateInstance(catalog, nonPublic: true)!;
    }

    private static string BaseFolder() => Path.GetDirectoryName(typeof(ProviderLoader).Assembly.Location) is { Length: > 0 } folder
        ? folder
        : AppContext.BaseDirectory;

    private static IEnumerable<string> Candidates(string folder) =>
        [Path.Combine(folder, "providers", AssemblyName + ".dll"), Path.Combine(folder, AssemblyName + ".dll")];

    private sealed class ProviderLoadContext(string path) : AssemblyLoadContext(ProviderLoader.AssemblyName)
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // The same two assemblies that are loaded already, whichever copies lie beside the providers: types must be equal across the line.
            Assembly[] shared = [typeof(ProviderLoader).Assembly, typeof(RecoveryException).Assembly];
            if (Array.Find(shared, one => string.Equals(one.GetName().Name, assemblyName.Name, StringComparison.Ordinal)) is { } known)
            {
                return known;
            }

            return _resolver.ResolveAssemblyToPath(assemblyName) is { } file ? LoadFromAssemblyPath(file) : null;
        }

        protected override IntPtr LoadUnmanagedDll(string unmanagedDllName) =>
            _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } file ? LoadUnmanagedDllFromPath(file) : IntPtr.Zero;
    }
}
