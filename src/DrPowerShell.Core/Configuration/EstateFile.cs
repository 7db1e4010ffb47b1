using System.Text;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Configuration.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Configuration;

/// <summary>Finds, judges and reads estate files.</summary>
public static class EstateFile
{
    /// <summary>The environment variable that names the estate file.</summary>
    public const string Variable = "DRPOWERSHELL_ESTATE";

    private const int MaximumSize = 1 << 20;

    /// <summary>Reads an estate.</summary>
    /// <param name="path">The file; null for <see cref="Find"/>'s answer.</param>
    /// <exception cref="EstateNotFoundException">There is none.</exception>
    /// <exception cref="EstateNotTrustedException">Somebody else may have written it.</exception>
    /// <exception cref="EstateNotReadableException">It is no YAML.</exception>
    /// <exception cref="EstateNotValidException">It has mistakes.</exception>
    public static Estate Load(string? path = null)
    {
        var file = Find(path);
        var (estate, mistakes) = EstateBinder.Bind(ProviderLoader.Catalog.Yaml.Read(ReadText(file, FileTrust.Check), file), EstateSources.For(file));
        return mistakes.Count == 0 ? estate : throw new EstateNotValidException(file, mistakes);
    }

    /// <summary>Checks an estate file without using it: neither the network nor a secret is touched.</summary>
    /// <exception cref="EstateNotFoundException">There is none.</exception>
    public static EstateTestResult Test(string? path = null)
    {
        var file = Find(path);
        var mistakes = new List<EstateMistake>();
        try
        {
            var text = ReadText(file, (handle, name) =>
            {
                try
                {
                    FileTrust.Check(handle, name);
                }
                catch (EstateNotTrustedException e)
                {
                    mistakes.Add(new EstateMistake(name, 0, 0, "", e.Reason, $"a file that nobody else may change; run: {e.Remedy}"));
                }
            });
            var (estate, found) = EstateBinder.Bind(ProviderLoader.Catalog.Yaml.Read(text, file), EstateSources.For(file));
            mistakes.AddRange(found);
            return new EstateTestResult
            {
                Path = file,
                Mistakes = mistakes,
                Clusters = estate.ClusterNames,
                Repositories = estate.RepositoryNames,
                Schedules = [.. estate.Schedules.Keys],
            };
        }
        catch (EstateNotReadableException e)
        {
            mistakes.Add(new EstateMistake(file, e.Line, e.Column, "", e.Reason, ""));
            return new EstateTestResult { Path = file, Mistakes = mistakes };
        }
    }

    /// <summary>The estate file: the one given, else the one that $env:DRPOWERSHELL_ESTATE names, else estate.yaml in the user's configuration folder.</summary>
    /// <exception cref="EstateNotFoundException">There is none.</exception>
    public static string Find(string? path = null) => TryFind(path, out var places) ?? throw new EstateNotFoundException(places);

    /// <summary>As <see cref="Find"/>; null where there is none.</summary>
    public static string? TryFind(string? path = null) => TryFind(path, out _);

    private static string? TryFind(string? path, out IReadOnlyList<string> places)
    {
        var named = path ?? Environment.GetEnvironmentVariable(Variable);
        var place = string.IsNullOrEmpty(named) ? Path.Combine(UserFolder(), "drpowershell", "estate.yaml") : EstatePath.Full(named, Environment.CurrentDirectory);
        places = [place];
        return File.Exists(place) ? place : null;
    }

    private static string UserFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData);
        }

        // The XDG base directory specification: a relative path in the variable is to be ignored.
        return Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } folder && Path.IsPathFullyQualified(folder)
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
    }

    /// <summary>The text of a file that is judged first.</summary>
    internal static string ReadText(string file, Action<FileStream, string> check)
    {
        FileTrust.RequireRegularFile(file);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        check(stream, file);
        var bytes = new byte[MaximumSize + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > MaximumSize)
        {
            throw new EstateNotReadableException(file, 1, 1, "the file holds more than 1 MB.");
        }

        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes, 0, length).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            var before = bytes.AsSpan(0, Math.Clamp(e.Index, 0, length));
            throw new EstateNotReadableException(file, 1 + before.Count((byte)'\n'), before.Length - before.LastIndexOf((byte)'\n'), "the file is not UTF-8 text.");
        }
    }
}
