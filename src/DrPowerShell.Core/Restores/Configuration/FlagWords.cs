namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>A flag on a command line.</summary>
/// <param name="Name">Without dashes.</param>
/// <param name="Value">Its value; true for one that stands alone.</param>
/// <param name="Word">The word that it begins in, from 0.</param>
/// <param name="ValueWord">The word that its value stands in: the same one for --flag=value and for a flag alone.</param>
internal sealed record FlagWord(string Name, string Value, int Word, int ValueWord);

/// <summary>Reads a command line as Go's flag package does.</summary>
/// <remarks>
/// --flag=value, -flag=value, --flag value, --flag. etcd refuses words that are no flags, so whatever follows a flag without dashes is its value.
/// </remarks>
internal static class FlagWords
{
    /// <summary>All flags in their order; of several with one name the last counts.</summary>
    public static IEnumerable<FlagWord> Read(IReadOnlyList<string> words, int start)
    {
        for (var i = start; i < words.Count; i++)
        {
            var word = words[i];
            if (word.Length < 2 || word[0] != '-' || word == "--")
            {
                yield break;
            }

            var text = word[(word[1] == '-' ? 2 : 1)..];
            if (text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                yield return new FlagWord(text[..equals], text[(equals + 1)..], i, i);
            }
            else if (i + 1 < words.Count && !words[i + 1].StartsWith('-'))
            {
                i++;
                yield return new FlagWord(text, words[i], i - 1, i);
            }
            else
            {
                yield return new FlagWord(text, "true", i, i);
            }
        }
    }

    /// <summary>Where etcd's own flags begin: after its program, whatever stands before that, such as env or nice. -1 where no etcd is called.</summary>
    public static int FirstFlag(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            // A user, a member or a data directory may be called etcd as well: their flag stands before them.
            var isValue = i > 0 && words[i - 1].StartsWith('-') && words[i - 1] != "--";
            var program = words[i][(words[i].LastIndexOf('/') + 1)..];
            var isProgram = words[i].Length > 0 && (words[i].StartsWith('/') || i == 0) && !words[i].Contains(' ', StringComparison.Ordinal) && words[i][0] != '-';
            if (isProgram && !isValue && (program == "etcd" || (i == 0 && program.StartsWith("etcd", StringComparison.Ordinal) && program is not ("etcdctl" or "etcdutl"))))
            {
                return i + 1;
            }
        }

        return -1;
    }
}
