using System.Text;
using DrPowerShell.Core.Reports.Documents;

namespace DrPowerShell.Core.Reports.Writers;

/// <summary>Text inside HTML and SVG, between tags and in quoted attributes.</summary>
internal static class HtmlText
{
    public static string Escape(string text)
    {
        var visible = VisibleText.Of(text);
        if (visible.AsSpan().IndexOfAny("&<>\"'") < 0)
        {
            return visible;
        }

        var escaped = new StringBuilder(visible.Length + 32);
        foreach (var c in visible)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
