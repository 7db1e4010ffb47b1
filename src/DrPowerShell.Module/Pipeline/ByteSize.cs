using System.Globalization;

namespace DrPowerShell.Module.Pipeline;

/// <summary>Shows sizes as people read them: decimal units, two to three digits.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>A size in bytes such as <c>1.9 GB</c>.</summary>
    public static string Show(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        var format = unit > 0 && Math.Abs(value) < 9.95 ? "0.0" : "0";
        return value.ToString(format, CultureInfo.CurrentCulture) + " " + Units[unit];
    }
}
