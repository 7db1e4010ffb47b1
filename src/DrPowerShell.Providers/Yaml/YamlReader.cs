using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Providers.Yaml;

internal sealed class YamlReader : IYamlReader
{
    public YamlTree Read(string text, string file) => throw new NotSupportedException();
}
