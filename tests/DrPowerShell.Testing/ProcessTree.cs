using System.Globalization;

namespace DrPowerShell.Testing;

/// <summary>Which processes descend from another one.</summary>
public static class ProcessTree
{
    /// <summary>The process and all its descendants, parents before their children.</summary>
    public static async Task<IReadOnlyList<int>> OfAsync(int root)
    {
        var listed = (await Command.RunAsync("ps", ["-e", "-o", "pid=,ppid="])).ThrowIfFailed().Output;
        var parents = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray())
            .ToLookup(pair => pair[1], pair => pair[0]);
        var tree = new List<int> { root };
        for (var i = 0; i < tree.Count; i++)
        {
            tree.AddRange(parents[tree[i]]);
        }

        return tree;
    }
}
