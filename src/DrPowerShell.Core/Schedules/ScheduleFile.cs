using System.Text;

namespace DrPowerShell.Core.Schedules;

/// <summary>A file that makes something run a schedule.</summary>
/// <param name="FileName">Its name, without a folder.</param>
/// <param name="Content">Its text.</param>
public sealed record ScheduleFile(string FileName, string Content)
{
    /// <summary>Where it was written; null where it was not.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the text must be UTF-16, which the Windows Task Scheduler reads.</summary>
    public bool IsUtf16 { get; init; }

    /// <summary>Writes it into a folder, beside its name first and then over what bears the name.</summary>
    public ScheduleFile WriteTo(string folder)
    {
        var path = System.IO.Path.Combine(folder, FileName);
        var part = path + ".part";
        File.WriteAllText(part, Content, IsUtf16 ? Encoding.Unicode : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(part, path, overwrite: true);
        return this with { Path = path };
    }

    public override string ToString() => Path ?? FileName;
}
