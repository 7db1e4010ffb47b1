using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DrPowerShell.Core.Approvals;

/// <summary>JSON with one spelling: the same value gives the same bytes on every machine and version, so that digests and signatures hold.</summary>
/// <remarks>
/// RFC 8785 (JSON Canonicalization Scheme): members sorted by the UTF-16 units of their names, no whitespace, strings with the shortest escapes,
/// numbers as ECMAScript writes them. One difference: whole numbers are kept digit by digit, as revisions exceed what a double holds.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>The canonical bytes of a value, UTF-8.</summary>
    /// <param name="json">The value.</param>
    /// <param name="without">A member of the outermost object that is left out; null for none.</param>
    /// <exception cref="FormatException">An object has two members of one name, or a string holds half a character.</exception>
    public static byte[] Bytes(JsonElement json, string? without = null)
    {
        var text = new StringBuilder();
        Write(text, json, without, indent: -1);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The bytes of a value for people: the same spelling, members in their own order, two blanks a level, one line feed at the end.</summary>
    /// <exception cref="FormatException">As for <see cref="Bytes"/>.</exception>
    public static byte[] Indented(JsonElement json)
    {
        var text = new StringBuilder();
        Write(text, json, without: null, indent: 0);
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static void Write(StringBuilder text, JsonElement json, string? without, int indent)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(text, json, without, indent);
                break;
            case JsonValueKind.Array:
                WriteAll(text, '[', ']', json.EnumerateArray(), indent, item => Write(text, item, without: null, Inner(indent)));
                break;
            case JsonValueKind.String:
                WriteString(text, Text(() => json.GetString()!));
                break;
            case JsonValueKind.Number:
                text.Append(Number(json));
                break;
            default:
                text.Append(json.GetRawText()); // true, false, null
                break;
        }
    }

    private static void WriteObject(StringBuilder text, JsonElement json, string? without, int indent)
    {
        var members = json.EnumerateObject().Select(member => (Name: Text(() => member.Name), member.Value)).Where(member => member.Name != without).ToList();
        if (members.Select(member => member.Name).Distinct(StringComparer.Ordinal).Count() != members.Count)
        {
            throw new FormatException("an object has two members of the same name.");
        }

        if (indent < 0)
        {
            members.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        }

        WriteAll(text, '{', '}', members, indent, member =>
        {
            WriteString(text, member.Name);
            text.Append(indent < 0 ? ":" : ": ");
            Write(text, member.Value, without: null, Inner(indent));
        });
    }

    private static void WriteAll<T>(StringBuilder text, char open, char close, IEnumerable<T> items, int indent, Action<T> write)
    {
        text.Append(open);
        var any = false;
        foreach (var item in items)
        {
            text.Append(any ? "," : "");
            NewLine(text, Inner(indent));
            write(item);
            any = true;
        }

        if (any)
        {
            NewLine(text, indent);
        }

        text.Append(close);
    }

    private static int Inner(int indent) => indent < 0 ? indent : indent + 1;

    private static void NewLine(StringBuilder text, int indent)
    {
        if (indent >= 0)
        {
            text.Append('\n').Append(' ', indent * 2);
        }
    }

    private static string Text(Func<string> get)
    {
        try
        {
            return get();
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("a text holds half a character.", e);
        }
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private static string Number(JsonElement json)
    {
        var raw = json.GetRawText();
        if (!raw.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            return raw == "-0" ? "0" : raw;
        }

        var value = json.GetDouble();
        return double.IsFinite(value) ? EcmaScript(value) : throw new FormatException($"{raw} is too large a number.");
    }

    // ECMA-262 Number::toString: plain digits from 1e-6 up to 1e21, else an exponent with its sign.
    private static string EcmaScript(double value)
    {
        if (value == 0)
        {
            return "0";
        }

        // The shortest digits that give the value again, as d.ddE±x or ddd.ddd.
        var parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var (mantissa, exponent) = (parts[0], parts.Length > 1 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        var (whole, part) = mantissa.Split('.') is [var w, var p] ? (w.TrimStart('0'), p) : (mantissa.TrimStart('0'), "");
        var digits = (whole + part).TrimStart('0').TrimEnd('0');
        var point = exponent + (whole.Length > 0 ? whole.Length : part.TrimStart('0').Length - part.Length);
        var text = point switch
        {
            > 21 or <= -6 => $"{digits[..1]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1).ToString(CultureInfo.InvariantCulture)}",
            > 0 when digits.Length <= point => digits.PadRight(point, '0'),
            > 0 => $"{digits[..point]}.{digits[point..]}",
            _ => $"0.{new string('0', -point)}{digits}",
        };
        return value < 0 ? "-" + text : text;
    }
}
