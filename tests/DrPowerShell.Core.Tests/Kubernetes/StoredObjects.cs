using System.Text;

namespace DrPowerShell.Core.Tests.Kubernetes;

/// <summary>Builds values as the API server stores them, byte by byte, without the product's own code.</summary>
internal static class StoredObjects
{
    /// <summary>The protobuf envelope around an object with metadata, and a further field as a body has.</summary>
    public static byte[] Protobuf(
        string apiVersion, string kind, string name, string? @namespace, string uid, DateTimeOffset created, DateTimeOffset? deleted = null,
        DateTimeOffset? managed = null, DateTimeOffset? renewed = null)
    {
        byte[] metadata =
        [
            .. Field(1, name), .. @namespace is null ? [] : Field(3, @namespace), .. Field(5, uid), .. Field(6, "777"),
            .. Field(8, Time(created)), .. deleted is { } d ? Field(9, Time(d)) : [], .. Field(11, [.. Field(1, "app"), .. Field(2, name)]),
            .. managed is { } m ? Field(17, [.. Field(1, "kubelet"), .. Field(4, Time(m))]) : [],
        ];
        byte[] spec = renewed is { } r ? [.. Field(1, "node-1"), .. Field(4, Time(r))] : Field(7, "spec of " + name);
        byte[] body = [.. Field(1, metadata), .. Field(2, spec)];
        return [.. "k8s\0"u8, .. Field(1, [.. Field(1, apiVersion), .. Field(2, kind)]), .. Field(2, body), .. Field(3, ""), .. Field(4, "")];
    }

    public static byte[] Json(string apiVersion, string kind, string name, string? @namespace, string uid, string created)
    {
        var within = @namespace is null ? "" : $",\"namespace\":\"{@namespace}\"";
        return Encoding.UTF8.GetBytes(
            $$$"""
            {"apiVersion":"{{{apiVersion}}}","kind":"{{{kind}}}","metadata":{"creationTimestamp":"{{{created}}}","generation":1,"managedFields":[
              {"apiVersion":"{{{apiVersion}}}","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{} },"manager":"kubectl","operation":"Update","time":"{{{created}}}"}],
              "name":"{{{name}}}"{{{within}}},"uid":"{{{uid}}}"},"spec":{"deep":[[{"kind":"NotThis"}]]}}
            """);
    }

    public static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    public static byte[] Field(int number, byte[] bytes) => [.. Varint((ulong)(number << 3 | 2)), .. Varint((ulong)bytes.Length), .. bytes];

    public static byte[] Field(int number, long value) => [.. Varint((ulong)(number << 3)), .. Varint((ulong)value)];

    private static byte[] Time(DateTimeOffset time) =>
        [.. Field(1, time.ToUnixTimeSeconds()), .. Field(2, time.UtcTicks % TimeSpan.TicksPerSecond * 100)];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
