using DrPowerShell.Core.Configuration;

namespace DrPowerShell.Core.Ports;

/// <summary>Reads YAML text into a tree that knows where each part stands.</summary>
public interface IYamlReader
{
    /// <summary>Parses one document.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The file's path, for errors.</param>
    /// <exception cref="EstateNotReadableException">It is no YAML: tells line and column.</exception>
    YamlTree Read(string text, string file);
}
