namespace DrPowerShell.Core.Reports.Timeline;

/// <param name="Text">The phase.</param>
/// <param name="X">Where its phase begins, and its name.</param>
/// <param name="Row">From 0, the uppermost.</param>
internal sealed record PhaseLabel(string Text, double X, int Row);

/// <summary>Puts the names of phases above them like flags, so that no name lies on another one or on its pole: phases last from a blink to minutes.</summary>
internal static class PhaseLabels
{
    private const double Gap = 8;

    /// <summary>Places them in as few rows as it takes.</summary>
    /// <param name="phases">Each name, and where its phase begins, from left to right.</param>
    public static IReadOnlyList<PhaseLabel> Place(IEnumerable<(string Text, double From)> phases)
    {
        var (labels, ends) = (new List<PhaseLabel>(), new List<double>());
        foreach (var (text, x) in phases)
        {
            // Below every name that reaches as far as here: the pole goes down from there and meets none.
            var row = ends.FindLastIndex(end => end + Gap > x) + 1;
            if (row == ends.Count)
            {
                ends.Add(0);
            }

            ends[row] = x + TextWidth.Of(text, 10) + 3;
            labels.Add(new PhaseLabel(text, x, row));
        }

        return labels;
    }
}
