using System.Globalization;
using System.Management.Automation;

namespace DrPowerShell.Host.Terminals;

/// <summary>
/// Shows progress records: a bar that is redrawn on a terminal, plain lines in a log. Both are throttled, so that a cmdlet may report as
/// often as it likes.
/// </summary>
internal sealed class ProgressView(Terminal terminal, TimeProvider time)
{
    private const int BarCells = 21;
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(long Source, int Activity), (long At, string Status)> _shown = [];

    public void Show(long source, ProgressRecord record)
    {
        var key = (source, record.ActivityId);
        if (record.RecordType == ProgressRecordType.Completed)
        {
            _shown.Remove(key);
            if (_shown.Count == 0)
            {
                terminal.HideBar();
            }

            return;
        }

        var interval = terminal.CanShowBar ? RedrawInterval : LineInterval;
        var status = Text(record);
        if (_shown.TryGetValue(key, out var last) && (time.GetElapsedTime(last.At) < interval || (!terminal.CanShowBar && last.Status == status)))
        {
            return;
        }

        _shown[key] = (time.GetTimestamp(), status);
        if (terminal.CanShowBar)
        {
            // The last column stays free: a terminal that has wrapped cannot take the line back.
            var bar = Bar(record.PercentComplete);
            terminal.ShowBar(bar + TextCells.Truncate(status, Math.Max(0, terminal.Width - 1 - bar.Length)));
        }
        else
        {
            terminal.WriteErrorLine(record.PercentComplete < 0 ? status : $"{status} ({record.PercentComplete.ToString(CultureInfo.CurrentCulture)} %)");
        }
    }

    private static string Bar(int percent)
    {
        if (percent < 0)
        {
            return "";
        }

        var full = Math.Min(percent, 100) * BarCells / 100;
        return $"[{new string('#', full)}{new string('-', BarCells - full)}] ";
    }

    private static string Text(ProgressRecord record)
    {
        var parts = new[] { record.StatusDescription, record.CurrentOperation }.Where(part => !string.IsNullOrWhiteSpace(part));
        var detail = string.Join(", ", parts);
        var text = detail.Length == 0 ? record.Activity : $"{record.Activity}: {detail}";
        var left = record.SecondsRemaining >= 0 ? $", {record.SecondsRemaining.ToString(CultureInfo.CurrentCulture)} s left" : "";
        return (text + left).ReplaceLineEndings(" ");
    }
}
