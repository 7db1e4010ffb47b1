using DrPowerShell.Core.Restores.Configuration.Errors;

namespace DrPowerShell.Core.Restores.Configuration;

/// <summary>The parts of a systemd service that set etcd up, as they count after all drop-ins.</summary>
internal sealed class ServiceUnit
{
    private static readonly string[] Containers = ["docker", "podman", "nerdctl", "rkt", "crictl"];

    private readonly string _host;
    private readonly UnitExpansion _expansion;
    private readonly Dictionary<string, (string Value, SettingOrigin Origin)> _environment = new(StringComparer.Ordinal);
    private readonly List<(string Path, bool IsOptional, SettingOrigin Origin)> _files = [];
    private IReadOnlyList<UnitWord> _raw = [];
    private readonly List<int> _places = [];
    private string _prefixes = "";
    private bool _isShell;

    /// <param name="host">The host's name, for errors.</param>
    /// <param name="expansion">What specifiers stand for.</param>
    /// <param name="printed">What <c>systemctl cat</c> printed.</param>
    public ServiceUnit(string host, UnitExpansion expansion, string printed)
    {
        (_host, _expansion) = (host, expansion);
        foreach (var assignment in UnitText.Read(printed).Where(one => one.Section == "Service"))
        {
            Take(assignment);
        }
    }

    public string Unit => _expansion.Unit;

    /// <summary>The line that counts, without the prefixes that systemd takes before a program; null where there is none.</summary>
    public UnitAssignment? ExecStart { get; private set; }

    /// <summary>The last file that says anything of the start; drop-ins count by their name.</summary>
    public string LastFile { get; private set; } = "";

    public string? User { get; private set; }

    public string? Group { get; private set; }

    public string WorkingDirectory { get; private set; } = "/";

    /// <summary>The files of EnvironmentFile=, the last one strongest; a name with * or ? stands for all that match.</summary>
    public IReadOnlyList<(string Path, bool IsOptional, SettingOrigin Origin)> EnvironmentFiles => _files;

    /// <summary>The variables of Environment=.</summary>
    public IReadOnlyDictionary<string, (string Value, SettingOrigin Origin)> Environment => _environment;

    /// <summary>etcd's flags, the last of several strongest; empty before <see cref="Expand"/>.</summary>
    public IReadOnlyList<FlagWord> Flags { get; private set; } = [];

    /// <summary>Whether a flag can be added to the command: it calls etcd itself.</summary>
    public bool TakesFlags { get; private set; }

    /// <summary>Reads the command with all its variables filled in.</summary>
    /// <param name="variable">A variable's value; null where it is not set.</param>
    public void Expand(Func<string, string?> variable)
    {
        if (ExecStart is not { } line)
        {
            return;
        }

        _raw = UnitWords.Split(line.Value) ?? throw Refuse(line.Origin, "a quote is not closed.");
        var words = new List<string>();
        for (var i = 0; i < _raw.Count; i++)
        {
            var text = Known(_raw[i].Text, line.Origin);
            IReadOnlyList<string> expanded = i == 0 ? [text] : UnitExpansion.Variables(text, variable);
            words.AddRange(expanded);
            _places.AddRange(Enumerable.Repeat(UnitExpansion.IsSplit(text) && i > 0 ? -1 : i, expanded.Count));
        }

        var program = words.Count == 0 ? "" : words[0][(words[0].LastIndexOf('/') + 1)..];
        if (Containers.Contains(program, StringComparer.Ordinal))
        {
            throw Refuse(line.Origin, $"{program} starts etcd in a container, and what it sees there is not what the host sees.");
        }

        IReadOnlyList<string> command = words;
        if (program is "sh" or "bash" or "dash" && words.Count == 3 && words[1] is "-c" or "-ec" or "-ce" or "-lc")
        {
            _isShell = true;
            command = ShellLine.Split(words[2], variable) ?? throw Refuse(line.Origin, "a shell starts etcd with more than one plain command.");
        }

        var first = FlagWords.FirstFlag(command);
        TakesFlags = first >= 0;
        Flags = TakesFlags ? [.. FlagWords.Read(command, first)] : [];
    }

    /// <summary>The line with these flags set; the rest stays as it is written.</summary>
    public string With(IReadOnlyDictionary<string, string> flags)
    {
        var line = ExecStart!.Value;
        var parts = new List<(int, int, string)>();
        var added = "";
        foreach (var (flag, value) in flags)
        {
            if (Flags.LastOrDefault(one => one.Name == flag) is { } old && Place(old) is { } word)
            {
                // --force-new-cluster stands alone; everything else has a value.
                parts.Add((word.Start, word.End, UnitWords.Quote(old.Word == old.ValueWord ? $"--{flag}={value}" : value, isCommand: true)));
            }
            else if (_isShell)
            {
                added += $" '--{flag}={value.Replace("'", "'\\''", StringComparison.Ordinal)}'";
            }
            else
            {
                added += " " + UnitWords.Quote($"--{flag}={value}", isCommand: true);
            }
        }

        if (_isShell && added.Length > 0)
        {
            // The shell's line is written anew as a whole: one more word inside its quotes.
            var word = _raw[^1];
            parts.Add((word.Start, word.End, Requoted(word.Text + added)));
            added = "";
        }

        return _prefixes + TextBytes.Replace(line, parts) + added;
    }

    // A word that stands for itself; what a variable became several words of cannot be changed in its place.
    private UnitWord? Place(FlagWord flag) => !_isShell && _places[flag.ValueWord] is >= 0 and var at && _places[flag.Word] >= 0 ? _raw[at] : null;

    // Specifiers and variables in it stay what they are.
    private static string Requoted(string text) => '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"';

    private void Take(UnitAssignment assignment)
    {
        var (_, key, value, origin) = assignment;
        switch (key)
        {
            case "ExecStart" when value.Length == 0:
                ExecStart = null;
                break;
            case "ExecStart" when ExecStart is not null:
                throw Refuse(origin, "it is a second ExecStart=, and only one command can be etcd's.");
            case "ExecStart":
                var program = value.TrimStart('-', '@', ':', '+', '!');
                var prefixes = value[..(value.Length - program.Length)];
                if (prefixes.AsSpan().IndexOfAny('@', ':') >= 0)
                {
                    throw Refuse(origin, $"its prefix '{prefixes}' changes how the words of ExecStart= are read.");
                }

                _prefixes = prefixes;
                ExecStart = assignment with { Value = program };
                LastFile = origin.Path;
                break;
            case "Environment" when value.Length == 0:
                _environment.Clear();
                break;
            case "Environment":
                foreach (var word in UnitWords.Split(value) ?? throw Refuse(origin, "a quote is not closed."))
                {
                    if (word.Text.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                    {
                        // What cannot be told is a mistake only where etcd would read it.
                        var raw = word.Text[(equals + 1)..];
                        var name = word.Text[..equals];
                        _environment[name] = (_expansion.Specifiers(raw) ?? (EtcdSettings.Flag(name) is null ? raw : Known(raw, origin)), origin);
                    }
                }

                LastFile = origin.Path;
                break;
            case "EnvironmentFile" when value.Length == 0:
                _files.Clear();
                break;
            case "EnvironmentFile":
                _files.Add((Known(value.TrimStart('-'), origin), value.StartsWith('-'), origin));
                break;
            case "User":
                User = value.Length == 0 ? null : _expansion.Specifiers(value);
                break;
            case "Group":
                Group = value.Length == 0 ? null : _expansion.Specifiers(value);
                break;
            case "WorkingDirectory":
                WorkingDirectory = value.Length == 0 ? "/" : Known(value.TrimStart('-'), origin);
                break;
            case "RootDirectory" or "RootImage" when value.Length > 0:
                throw Refuse(origin, $"{key}= gives etcd another root directory.");
        }
    }

    private string Known(string text, SettingOrigin origin) =>
        _expansion.Specifiers(text) ?? throw Refuse(origin, $"the value of a specifier in '{text}' is not known.");

    private MemberConfigurationNotReadableException Refuse(SettingOrigin origin, string reason) => new(_host, origin.Path, origin.Line, reason);
}
