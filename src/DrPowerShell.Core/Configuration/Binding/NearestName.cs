namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Finds the name that somebody most likely meant.</summary>
internal static class NearestName
{
    /// <summary>The nearest of the known names by edit distance (transpositions count once); null where none is near.</summary>
    public static string? Of(string typed, IEnumerable<string> known)
    {
        var (best, least) = ((string?)null, Math.Max(2, typed.Length / 3) + 1);
        // A hostile name is not worth the work.
        foreach (var name in typed.Length > 100 ? [] : known)
        {
            var distance = Distance(typed.ToLowerInvariant(), name.ToLowerInvariant());
            if (distance < least && distance < Math.Max(typed.Length, name.Length))
            {
                (best, least) = (name, distance);
            }
        }

        return best;
    }

    /// <summary>What is known, with the nearest first: "one of a, b; did you mean b?".</summary>
    public static string Choice(string typed, IReadOnlyCollection<string> known)
    {
        const int shown = 40;
        var list = known.Count == 0 ? "nothing (none is defined)" : known.Count == 1 ? known.First() : "one of " + string.Join(", ", known.Take(shown)) + (known.Count > shown ? ", …" : "");
        return Of(typed, known) is { } nearest ? $"{list} (did you mean {nearest}?)" : list;
    }

    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var change = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(change, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
