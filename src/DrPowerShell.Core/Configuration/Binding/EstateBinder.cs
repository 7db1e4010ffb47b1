using System.Collections;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>Makes an estate from a YAML tree by the shapes of the document types, and collects every mistake on the way.</summary>
internal sealed class EstateBinder
{
    private const int MostMistakes = 500;

    private readonly EstateSources _sources;
    private readonly List<EstateMistake> _mistakes = [];
    private readonly List<(YamlScalar Scalar, string Key, string NamesOf)> _references = [];

    private EstateBinder(EstateSources sources) => _sources = sources;

    /// <summary>Reads the tree; where there are mistakes, the estate holds what could be read.</summary>
    public static (Estate Estate, IReadOnlyList<EstateMistake> Mistakes) Bind(YamlTree tree, EstateSources sources)
    {
        // What is there by name counts, also where something in it is wrong: that is a mistake of its own.
        var (document, mistakes) = BindDocument<EstateDocument>(tree, sources, names =>
            (tree as YamlMap)?.Entries.FirstOrDefault(entry => entry.Key.Text == names)?.Value is YamlMap map ? [.. map.Entries.Select(entry => entry.Key.Text)] : []);
        return (EstateResolution.Resolve(document, sources.File), mistakes);
    }

    /// <summary>Reads the tree as any kind of document.</summary>
    /// <param name="tree">What the file says.</param>
    /// <param name="sources">What values are checked with.</param>
    /// <param name="namesOf">The names that a section of the estate gives; null where they are not known here and cannot be checked.</param>
    public static (T Document, IReadOnlyList<EstateMistake> Mistakes) BindDocument<T>(YamlTree tree, EstateSources sources, Func<string, string[]?> namesOf)
        where T : class, new()
    {
        var binder = new EstateBinder(sources);
        var document = (T?)binder.Bind(EstateShape.Of<T>(), tree, "") ?? new T();
        binder.CheckReferences(namesOf);
        return (document, [.. binder._mistakes.OrderBy(one => one.Line).ThenBy(one => one.Column)]);
    }

    private object? Bind(EstateShape shape, YamlTree tree, string path) => shape switch
    {
        SectionShape section => BindSection(section, tree, path),
        NamedShape named => BindNamed(named, tree, path),
        ListShape list => BindList(list, tree, path),
        ValueShape value => BindValue(value.Value, tree, path),
        _ => throw new InvalidOperationException($"{shape} has no reader."),
    };

    private object? BindSection(SectionShape shape, YamlTree tree, string path)
    {
        if (tree is not YamlMap map)
        {
            return Mistake(tree, path, FoundText.Hidden(tree), "a mapping with " + string.Join(", ", shape.Keys.Select(key => key.Name)));
        }

        var section = Activator.CreateInstance(shape.Type)!;
        foreach (var entry in map.Entries)
        {
            var name = entry.Key.Text;
            if (shape.Find(name) is not { } key)
            {
                Mistake(entry.Key, path, $"the unknown key '{FoundText.Short(name)}'", NearestName.Choice(name, [.. shape.Keys.Select(one => one.Name)]));
                continue;
            }

            if (Bind(key.Shape, entry.Value, Below(path, name)) is { } value)
            {
                Refer(key, entry.Value, Below(path, name));
                key.Property.SetValue(section, value);
            }
        }

        foreach (var missing in shape.Keys.Where(key => key.Rules.Required && !map.Entries.Any(entry => entry.Key.Text == key.Name)))
        {
            Mistake(map, path, $"no key '{missing.Name}'", $"it to be there ({missing.Rules.Description.Split(". ")[0].TrimEnd('.')})");
        }

        SectionRules.Check(section, map, (at, found, expected) => Mistake(at, path, found, expected));
        return section;
    }

    private object? BindNamed(NamedShape shape, YamlTree tree, string path)
    {
        var named = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), shape.Type), StringComparer.Ordinal)!;
        if (tree is YamlScalar { IsNull: true })
        {
            return named;
        }

        if (tree is not YamlMap map)
        {
            return Mistake(tree, path, FoundText.Hidden(tree), "a mapping from names to what they stand for");
        }

        foreach (var entry in map.Entries)
        {
            var name = entry.Key.Text;
            if (!EstateNames.IsName(name))
            {
                Mistake(entry.Key, path, $"the name '{FoundText.Short(name)}'", "a name of letters, digits, '.', '_' and '-', at most 63, that begins with a letter or digit");
            }

            if (Bind(shape.Item, entry.Value, Below(path, name)) is { } value)
            {
                named[name] = value;
            }
        }

        return named;
    }

    private object? BindList(ListShape shape, YamlTree tree, string path)
    {
        if (tree is not YamlList list)
        {
            return Mistake(tree, path, shape.Item is ValueShape { Value.MayBeShown: true } ? FoundText.Of(tree) : FoundText.Hidden(tree), "a list" + (tree is YamlScalar { IsNull: false } ? ": put it in [ ]" : ""));
        }

        if (list.Items.Count < shape.Least)
        {
            Mistake(list, path, FoundText.Of(list), $"at least {shape.Least}");
        }

        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(shape.Type))!;
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (Bind(shape.Item, list.Items[i], $"{path}[{i}]") is { } item)
            {
                items.Add(item);
            }
        }

        return items;
    }

    private object? BindValue(EstateValue value, YamlTree tree, string path)
    {
        if (tree is not YamlScalar scalar)
        {
            return Mistake(tree, path, FoundText.Of(tree), value.Expected);
        }

        var read = value.Read(scalar, _sources);
        return read is Refusal refusal ? Mistake(tree, path, refusal.Found, refusal.Expected) : read;
    }

    private void Refer(EstateKey key, YamlTree tree, string path)
    {
        foreach (var scalar in tree is YamlList list ? list.Items.OfType<YamlScalar>() : tree is YamlScalar one ? [one] : [])
        {
            if (key.Rules.NamesOf is { } names)
            {
                _references.Add((scalar, path, names));
            }
            else if (key.Rules.Format == EstateFormat.Recipient && !EstateNames.IsRecipient(scalar.Text) && EstateNames.IsName(scalar.Text))
            {
                _references.Add((scalar, path, "recipients"));
            }
        }
    }

    private void CheckReferences(Func<string, string[]?> namesOf)
    {
        foreach (var group in _references.GroupBy(one => one.NamesOf, StringComparer.Ordinal))
        {
            if (namesOf(group.Key) is not { } known)
            {
                continue;
            }

            foreach (var (scalar, key, _) in group.Where(one => !known.Contains(one.Scalar.Text, StringComparer.Ordinal)))
            {
                Mistake(scalar, key, $"the name '{FoundText.Short(scalar.Text)}', which {group.Key} does not have", NearestName.Choice(scalar.Text, known));
            }
        }
    }

    private object? Mistake(YamlTree at, string path, string found, string expected)
    {
        if (_mistakes.Count < MostMistakes)
        {
            _mistakes.Add(new EstateMistake(_sources.File, at.Line, at.Column, path, found, expected));
        }

        return null;
    }

    private static string Below(string path, string name) => path.Length == 0 ? FoundText.Short(name) : path + "." + FoundText.Short(name);
}
