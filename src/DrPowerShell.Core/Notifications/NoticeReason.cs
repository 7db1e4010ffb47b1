namespace DrPowerShell.Core.Notifications;

/// <summary>Why a notice did not get through, for a finding.</summary>
internal static class NoticeReason
{
    private const int Longest = 300;

    /// <summary>The innermost cause in one line, with a full stop: the outer ones say only that something failed, and name addresses.</summary>
    public static string Of(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return Line(e.Message);
    }

    /// <summary>A text of somebody else in one line that is not too long.</summary>
    public static string Line(string text)
    {
        var line = string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return (line.Length > Longest ? line[..Longest] + "…" : line).TrimEnd('.') + ".";
    }
}
