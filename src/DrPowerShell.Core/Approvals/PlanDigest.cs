using System.Security.Cryptography;
using System.Text.Json;

namespace DrPowerShell.Core.Approvals;

/// <summary>The digest that approvers agree to.</summary>
public static class PlanDigest
{
    /// <summary>The SHA-256 of a plan's canonical JSON (<see cref="CanonicalJson"/>), in lowercase hex.</summary>
    /// <param name="plan">The resolved plan, without times and temporary names.</param>
    public static string Of(JsonElement plan) => Of(CanonicalJson.Bytes(plan));

    /// <summary>The digests of a plan's parts, by name such as <c>hosts.etcd-1</c>: its members, and the members of those that are objects.</summary>
    /// <remarks>They decide nothing; they tell a person which part of a plan has changed.</remarks>
    public static IReadOnlyDictionary<string, string> Parts(JsonElement plan)
    {
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (plan.ValueKind != JsonValueKind.Object)
        {
            return parts;
        }

        foreach (var member in plan.EnumerateObject())
        {
            var inner = member.Value.ValueKind == JsonValueKind.Object ? member.Value.EnumerateObject().ToList() : [];
            if (inner.Count == 0)
            {
                parts[member.Name] = Of(member.Value);
            }

            foreach (var part in inner)
            {
                parts[$"{member.Name}.{part.Name}"] = Of(part.Value);
            }
        }

        return parts;
    }

    internal static string Of(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant();
}
