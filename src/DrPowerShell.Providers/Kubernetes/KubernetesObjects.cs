using System.Net;
using System.Text.Json;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;
using k8s;
using k8s.Exceptions;

namespace DrPowerShell.Providers.Kubernetes;

/// <summary>Counts objects through the API server: one object is asked for, and the server says how many remain; else page by page.</summary>
internal sealed class KubernetesObjects : IKubernetesCounter
{
    private const int PageSize = 500;

    /// <inheritdoc/>
    public async Task<long> CountAsync(string kubeconfig, string? context, string resource, CancellationToken cancellationToken)
    {
        using var client = Client(kubeconfig, context);
        try
        {
            return await CountAsync(client, resource, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckNotAnsweredException(client.BaseUri.ToString(), "what answers there is no API server.", e);
        }
    }

    private static async Task<long> CountAsync(k8s.Kubernetes client, string resource, CancellationToken cancellationToken)
    {
        var path = await PathAsync(client, resource, cancellationToken).ConfigureAwait(false);
        var (count, next) = (0L, "");
        do
        {
            using var page = await GetAsync(client, $"{path}?limit={(count == 0 ? 1 : PageSize)}{(next.Length == 0 ? "" : "&continue=" + Uri.EscapeDataString(next))}", resource, cancellationToken).ConfigureAwait(false);
            var metadata = page.RootElement.TryGetProperty("metadata", out var found) ? found : default;
            count += page.RootElement.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array ? items.GetArrayLength() : 0;
            if (metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("remainingItemCount", out var remaining))
            {
                return count + remaining.GetInt64();
            }

            next = metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("continue", out var token) ? token.GetString() ?? "" : "";
        }
        while (next.Length > 0);

        return count;
    }

    private static k8s.Kubernetes Client(string kubeconfig, string? context)
    {
        try
        {
            return new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig, context));
        }
        catch (Exception e) when (e is KubeConfigException or IOException or UnauthorizedAccessException or YamlDotNet.Core.YamlException or FormatException or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            throw new CheckNotAnsweredException(kubeconfig, $"the kubeconfig cannot be used: {e.Message.Split('\n')[0]}", e);
        }
    }

    /// <summary>Where the kind's objects are listed, by the server's own discovery.</summary>
    private static async Task<string> PathAsync(k8s.Kubernetes client, string resource, CancellationToken cancellationToken)
    {
        var (name, group) = resource.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? (resource[..dot], resource[(dot + 1)..]) : (resource, null);
        var versions = new List<string>();
        if (group is null)
        {
            versions.Add("/api/v1");
        }

        using (var groups = await GetAsync(client, "/apis", "its API groups", cancellationToken).ConfigureAwait(false))
        {
            versions.AddRange(groups.RootElement.GetProperty("groups").EnumerateArray()
                .Where(one => group is null || one.GetProperty("name").GetString() == group)
                .Select(one => "/apis/" + one.GetProperty("preferredVersion").GetProperty("groupVersion").GetString()));
        }

        foreach (var version in versions)
        {
            using var kinds = await GetAsync(client, version, version, cancellationToken).ConfigureAwait(false);
            if (kinds.RootElement.GetProperty("resources").EnumerateArray().Any(one => one.GetProperty("name").GetString() == name))
            {
                return $"{version}/{name}";
            }
        }

        throw new CheckNotAnsweredException(client.BaseUri.ToString(), $"the API server knows no {resource}.");
    }

    private static async Task<JsonDocument> GetAsync(k8s.Kubernetes client, string path, string what, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseUri.ToString().TrimEnd('/') + path));
            if (client.Credentials is { } credentials)
            {
                await credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
            }

            using var response = await client.HttpClient.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new CheckNotAnsweredException(client.BaseUri.ToString(), $"the API server answers {(int)response.StatusCode} for {what}.");
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var end = body.ConfigureAwait(false);
            return await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException)
        {
            throw new CheckNotAnsweredException(client.BaseUri.ToString(), (e.InnerException ?? e).Message, e);
        }
    }
}
