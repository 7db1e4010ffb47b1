namespace DrPowerShell.Core.Configuration;

/// <summary>Turns the paths of an estate into full ones.</summary>
internal static class EstatePath
{
    /// <summary>A path's full form: <c>~/</c> is the user's folder, a relative path starts at the estate's own folder.</summary>
    public static string Full(string path, string folder)
    {
        if (path == "~" || path.StartsWith("~/", StringComparison.Ordinal))
        {
            folder = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            path = path[1..].TrimStart('/');
        }

        return Path.GetFullPath(Path.Combine(folder, path));
    }
}
