using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using DrPowerShell.Core.Configuration.Documents;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>The shape of a part of the estate, read from the document types: the binder and the schema follow the same one.</summary>
internal abstract record EstateShape
{
    private static readonly ConcurrentDictionary<Type, SectionShape> Sections = [];

    /// <summary>A whole file of some kind.</summary>
    public static SectionShape Of<T>() => Section(typeof(T));

    private static SectionShape Section(Type type) => Sections.GetOrAdd(type, static t => new SectionShape(t, [.. Keys(t)]));

    private static IEnumerable<EstateKey> Keys(Type type) =>
        from property in type.GetProperties()
        let rules = property.GetCustomAttribute<EstateKeyAttribute>()
        where rules is not null
        select new EstateKey(JsonNamingPolicy.CamelCase.ConvertName(property.Name), property, rules, Of(property.PropertyType, rules));

    private static EstateShape Of(Type type, EstateKeyAttribute rules, bool isNamed = false)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            var item = type.GetGenericArguments()[1];
            return new NamedShape(item, Of(item, rules, isNamed: true));
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var item = type.GetGenericArguments()[0];
            return new ListShape(item, Of(item, rules), (int)Math.Max(0, rules.Minimum));
        }

        return type.GetProperties().Any(property => property.IsDefined(typeof(EstateKeyAttribute), inherit: false)) ? Section(type) : new ValueShape(EstateValues.For(type, rules, isNamed));
    }
}

/// <summary>A mapping with known keys.</summary>
internal sealed record SectionShape(Type Type, IReadOnlyList<EstateKey> Keys) : EstateShape
{
    public EstateKey? Find(string name) => Keys.FirstOrDefault(key => key.Name == name);
}

/// <summary>A mapping from names that the user chose to things of one shape.</summary>
internal sealed record NamedShape(Type Type, EstateShape Item) : EstateShape
{
    /// <summary>What a name may be: it also names folders and files, and is typed in commands.</summary>
    public const string NamePattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
}

/// <summary>A list.</summary>
internal sealed record ListShape(Type Type, EstateShape Item, int Least) : EstateShape;

/// <summary>A scalar.</summary>
internal sealed record ValueShape(EstateValue Value) : EstateShape;

/// <summary>One key of a section.</summary>
internal sealed record EstateKey(string Name, PropertyInfo Property, EstateKeyAttribute Rules, EstateShape Shape);
