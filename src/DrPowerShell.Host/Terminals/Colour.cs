namespace DrPowerShell.Host.Terminals;

/// <summary>The few colours that the host itself uses; the formatter's own come from <c>$PSStyle</c>.</summary>
internal enum Colour
{
    None,
    Red,
    Yellow,
    Cyan,
    Grey,
}

internal static class ColourPaint
{
    public static string Paint(this Colour colour, string text) => colour switch
    {
        Colour.Red => $"\e[31;1m{text}\e[0m",
        Colour.Yellow => $"\e[33;1m{text}\e[0m",
        Colour.Cyan => $"\e[36m{text}\e[0m",
        Colour.Grey => $"\e[90m{text}\e[0m",
        _ => text,
    };
}
