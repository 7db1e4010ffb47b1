using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Configuration.Binding;

/// <summary>What values of an estate are checked with.</summary>
/// <param name="File">The estate file.</param>
/// <param name="Calendar">Judges cron expressions.</param>
/// <param name="Encryption">Judges recipients.</param>
/// <param name="Clock">Tells from when on a schedule must have a next time.</param>
internal sealed record EstateSources(string File, ICalendar Calendar, IEncryption Encryption, TimeProvider Clock)
{
    public string Folder { get; } = Path.GetDirectoryName(Path.GetFullPath(File))!;

    public static EstateSources For(string file) => new(file, ProviderLoader.Catalog.Cron, ProviderLoader.Catalog.Age, TimeProvider.System);
}
