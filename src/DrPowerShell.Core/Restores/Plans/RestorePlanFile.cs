using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Configuration.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Plans.Errors;

namespace DrPowerShell.Core.Restores.Plans;

/// <summary>Reads restore plans. Neither the network nor a secret is touched.</summary>
public static class RestorePlanFile
{
    /// <summary>Reads a plan and checks it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="estate">The estate that its names come from; null to leave names unchecked.</param>
    /// <exception cref="RestorePlanNotFoundException">There is none.</exception>
    /// <exception cref="RestorePlanNotTrustedException">Somebody else may have written it.</exception>
    /// <exception cref="RestorePlanNotReadableException">It is no YAML.</exception>
    /// <exception cref="RestorePlanNotValidException">It has mistakes: all are told, with line and column.</exception>
    public static RestorePlanDocument Load(string path, Estate? estate)
    {
        var file = EstatePath.Full(path, Environment.CurrentDirectory);
        if (!File.Exists(file))
        {
            throw new RestorePlanNotFoundException(file);
        }

        try
        {
            var (document, mistakes) = Bind(ProviderLoader.Catalog.Yaml.Read(EstateFile.ReadText(file, FileTrust.Check), file), EstateSources.For(file), estate);
            return mistakes.Count == 0 ? document : throw new RestorePlanNotValidException(file, mistakes);
        }
        catch (EstateNotReadableException e)
        {
            throw new RestorePlanNotReadableException(file, e.Line, e.Column, e.Reason);
        }
        catch (EstateNotTrustedException e)
        {
            throw new RestorePlanNotTrustedException(file, e.Reason, e.Remedy);
        }
    }

    internal static (RestorePlanDocument Document, IReadOnlyList<EstateMistake> Mistakes) Bind(YamlTree tree, EstateSources sources, Estate? estate) =>
        EstateBinder.BindDocument<RestorePlanDocument>(tree, sources, names => estate is null ? null : names switch
        {
            "clusters" => [.. estate.Clusters.Keys],
            "repositories" => [.. estate.Repositories.Keys],
            "hosts" => [.. estate.Hosts.Keys],
            _ => null,
        });

    /// <summary>The JSON Schema of plans, as the module ships it.</summary>
    internal static string Schema() => EstateSchema.Write<RestorePlanDocument>("restore-plan", "DrPowerShell restore plan", "What a restore of a whole cluster takes, accepts and proves.");
}
