using System.Management.Automation;
using System.Reflection;

namespace DrPowerShell.Host;

internal static class ProgramVersion
{
    public static Version Number => typeof(ProgramVersion).Assembly.GetName().Version!;

    public static string Text => Read(typeof(ProgramVersion).Assembly);

    public static string Engine => Read(typeof(PowerShell).Assembly);

    private static string Read(Assembly assembly)
    {
        var text = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version!.ToString();
        return text.Split('+', ' ')[0];
    }
}
