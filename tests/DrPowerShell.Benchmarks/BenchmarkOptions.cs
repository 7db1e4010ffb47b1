using System.Globalization;
using DrPowerShell.Benchmarks.Acts;

namespace DrPowerShell.Benchmarks;

/// <summary>What the benchmark was asked to do.</summary>
internal sealed record BenchmarkOptions
{
    public const string Usage = """
        dotnet run -c Release --project tests/DrPowerShell.Benchmarks [-- OPTIONS]
          --size SIZE     live bytes of the database, e.g. 200M or 1G (default 1G); its file is about twice that
          --rounds N      measured rounds of each act (default 3); one more before them warms both sides up
          --acts LIST     only these, separated by commas: save status verify restore dense restore3 dense3 import
          --work FOLDER   where the database, the snapshot and the targets lie; database and snapshot are kept there for the next run
                          (default: a temporary folder, removed at the end)
          --repositories N   in place of all that: list N backups in a folder and in S3, then back up to S3 in one pass, against etcdctl, zstd,
                          age and rclone (Debian: zstd age rclone radosgw ceph-mon ceph-osd); 0 for the backup alone, --size 0 for the lists alone
          --cluster ssh|local   in place of all that: restore a whole cluster of three members, each behind an sshd or on this machine
        """;

    /// <summary>The live bytes that the database shall have.</summary>
    public long Size { get; init; } = 1L << 30;

    public int Rounds { get; init; } = 3;

    public IReadOnlyList<Act> Acts { get; init; } = Act.All;

    /// <summary>Whether the acts on repositories are asked for, and none of the others.</summary>
    public bool IsOfRepositories { get; init; }

    /// <summary>Whether the restore of a whole cluster is asked for, and none of the others.</summary>
    public bool IsOfCluster { get; init; }

    /// <summary>Whether the members of that cluster are reached over SSH.</summary>
    public bool IsOverSsh { get; init; }

    /// <summary>How many backups the lists hold.</summary>
    public int Backups { get; init; }

    /// <summary>A folder that is kept; null for a temporary one.</summary>
    public string? Work { get; init; }

    /// <summary>Reads the arguments; null, with the reason, where they cannot be read.</summary>
    public static BenchmarkOptions? Parse(IReadOnlyList<string> words, out string problem)
    {
        var options = new BenchmarkOptions();
        problem = "";
        for (var i = 0; i < words.Count; i += 2)
        {
            var value = i + 1 < words.Count ? words[i + 1] : "";
            BenchmarkOptions? next = words[i] switch
            {
                "--size" when ReadSize(value) is { } size => options with { Size = size },
                "--rounds" when int.TryParse(value, CultureInfo.InvariantCulture, out var rounds) && rounds > 0 => options with { Rounds = rounds },
                "--acts" when ReadActs(value) is { } acts => options with { Acts = acts },
                "--repositories" when int.TryParse(value, CultureInfo.InvariantCulture, out var backups) && backups >= 0 =>
                    options with { IsOfRepositories = true, Backups = backups },
                "--cluster" when value is "ssh" or "local" => options with { IsOfCluster = true, IsOverSsh = value == "ssh" },
                "--work" when value.Length > 0 => options with { Work = Path.GetFullPath(value) },
                _ => null,
            };
            if (next is null)
            {
                problem = $"'{words[i]} {value}' cannot be read.";
                return null;
            }

            options = next;
        }

        return options;
    }

    private static Act[]? ReadActs(string text)
    {
        var names = text.Split(',');
        var acts = names.SelectMany(name => Act.All.Where(a => a.Name == name)).ToArray();
        return acts.Length == names.Length ? acts : null;
    }

    private static long? ReadSize(string text)
    {
        var unit = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        var number = unit == 0 ? text : text[..^1];
        return long.TryParse(number, CultureInfo.InvariantCulture, out var value) && value >= 0 ? value << unit : null;
    }
}
