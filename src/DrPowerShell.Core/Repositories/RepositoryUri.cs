using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>Reads the URIs that name repositories.</summary>
public static class RepositoryUri
{
    /// <summary>Whether a text is a URI, or a full path of a folder, and not a name from the estate.</summary>
    public static bool IsUri(string text) => text.Contains("://", StringComparison.Ordinal) || Path.IsPathFullyQualified(text);

    /// <summary>
    /// Reads <c>file:///folder</c> or a full path, <c>s3://bucket/prefix?endpoint=…&amp;region=…&amp;profile=…&amp;pathStyle=true</c>, or
    /// <c>sftp://user@host:port/folder</c>.
    /// </summary>
    /// <exception cref="RepositoryUriNotValidException">It is none of them, holds a password, or a query that is not known.</exception>
    public static RepositoryOptions Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            throw new RepositoryUriNotValidException(Masked(text), "it is no URI.");
        }

        if (uri.UserInfo.Contains(':', StringComparison.Ordinal))
        {
            throw new RepositoryUriNotValidException(Masked(text), "it holds a password, which would be seen in logs: name it in the estate as a reference to a secret.");
        }

        return uri.Scheme switch
        {
            "file" when uri.Query.Length == 0 => new RepositoryOptions { Name = text, Uri = uri },
            "s3" => S3(text, uri),
            "sftp" when uri.Query.Length == 0 => Sftp(text, uri),
            "file" or "sftp" => throw new RepositoryUriNotValidException(text, "a '?' belongs to s3:// alone; write %3F where a folder's name holds one."),
            _ => throw new RepositoryUriNotValidException(text, $"'{uri.Scheme}' is none of file, s3 and sftp."),
        };
    }

    private static RepositoryOptions S3(string text, Uri uri)
    {
        if (uri.Host.Length == 0)
        {
            throw new RepositoryUriNotValidException(text, "the bucket is missing.");
        }

        var access = new S3Access();
        foreach (var part in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = part.Split('=', 2) is [var n, var v] ? (n, Uri.UnescapeDataString(v)) : (part, "");
            access = name switch
            {
                "endpoint" when Uri.TryCreate(value, UriKind.Absolute, out var secret) && secret.UserInfo.Length > 0 =>
                    throw new RepositoryUriNotValidException(text[..text.IndexOf('?', StringComparison.Ordinal)] + "?…", "its endpoint holds a user or a password, which would be seen in logs: use the server's URL alone."),
                "endpoint" when Uri.TryCreate(value, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" => access with { Endpoint = endpoint },
                "region" => access with { Region = value },
                "profile" => access with { Profile = value },
                "pathStyle" when bool.TryParse(value, out var style) => access with { PathStyle = style },
                _ => throw new RepositoryUriNotValidException(text, $"'{part}' is none of endpoint=URL, region=, profile= and pathStyle=true|false."),
            };
        }

        // Bucket names are case sensitive to some servers, and Uri lowers a host.
        var bucket = text["s3://".Length..].Split('/', '?')[0];
        return new RepositoryOptions
        {
            Name = text,
            Uri = new Uri($"s3://{bucket}{uri.AbsolutePath.TrimEnd('/')}"),
            Place = access.Endpoint is { } at ? at.Host : access.Region is { } region ? "s3 " + region : null,
            IsOffsite = true,
            S3 = access,
        };
    }

    private static RepositoryOptions Sftp(string text, Uri uri) => uri.Host.Length == 0
        ? throw new RepositoryUriNotValidException(text, "the host is missing.")
        : new RepositoryOptions { Name = text, Uri = uri, IsOffsite = true };

    private static string Masked(string text)
    {
        var (at, scheme) = (text.LastIndexOf('@'), text.IndexOf("://", StringComparison.Ordinal));
        return at > scheme && scheme >= 0 ? string.Concat(text.AsSpan(0, scheme + 3), "…", text.AsSpan(at)) : text;
    }
}
