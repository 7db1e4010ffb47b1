using System.Globalization;
using System.Text;
using DrPowerShell.Host;
using DrPowerShell.Host.Help;
using DrPowerShell.Host.Session;
using DrPowerShell.Host.Terminals;

const int CalledWrongly = 64;

// The engine reports usage to its makers unless it is told not to; what runs here is nobody's business.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}

if (CultureInfo.CurrentCulture.Equals(CultureInfo.InvariantCulture))
{
    // Where no language is set (containers, cron) the formatter would break text in the middle of words: it wraps by language.
    var english = (CultureInfo)CultureInfo.GetCultureInfo("en-US").Clone();
    english.DateTimeFormat = CultureInfo.InvariantCulture.DateTimeFormat;
    CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = english;
}

switch (CommandLine.Parse(args))
{
    case CommandLine.Script script when !File.Exists(script.Path):
        Console.Error.WriteLine($"drps: There is no script '{script.Path}'.");
        return CalledWrongly;
    case CommandLine.Script script:
        return InSession(session => session.RunScript(Path.GetFullPath(script.Path), script.Arguments));
    case CommandLine.Command command:
        return InSession(session => session.RunCommand(command.Text));
    case CommandLine.Version:
        Console.WriteLine($"drps {ProgramVersion.Text} (PowerShell engine {ProgramVersion.Engine})");
        return 0;
    case CommandLine.Help:
        Console.WriteLine(CommandLine.Usage);
        return 0;
    case CommandLine.Wrong wrong:
        Console.Error.WriteLine($"drps: {wrong.Reason}");
        Console.Error.WriteLine(CommandLine.Usage);
        return CalledWrongly;
    case CommandLine.BuildHelp order:
        return HelpBuild.Run(order);
    default:
        return CalledWrongly;
}

static int InSession(Func<HostSession, int> run)
{
    var terminal = new Terminal();
    using var signals = new StopSignals();
    var module = ModuleLocator.Find(AppContext.BaseDirectory);
    if (module is null)
    {
        terminal.WriteErrorLine("WARNING: The module DrPowerShell was not found near drps; its cmdlets are missing. Build it: dotnet build", Colour.Yellow);
    }

    using var session = new HostSession(terminal, signals, module);
    return run(session);
}
