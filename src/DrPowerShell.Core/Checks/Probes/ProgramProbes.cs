using System.Security.Cryptography;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Checks.Probes;

/// <summary>Runs a command on a host of the estate.</summary>
internal sealed class CommandProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var host = World.Host?.Invoke(Needed(Check.Host, "host")) ?? throw new CheckNotPossibleException(Check.Name, "no hosts are known here.");
        var result = await host.RunAsync(HostCommand.Shell(Needed(Check.Command, "command")) with { Timeout = Check.Timeout }, cancellationToken).ConfigureAwait(false);
        return result.ExitCode != Check.ExitCode ? new ProbeAnswer(false, $"exit code {result.ExitCode} on {host.Name}, not {Check.ExitCode}")
            : !Matches(result.Output) ? new ProbeAnswer(false, $"exit code {result.ExitCode} on {host.Name}, but the pattern is not in its output")
            : new ProbeAnswer(true, $"exit code {result.ExitCode} on {host.Name}");
    }
}

/// <summary>Runs the user's own script.</summary>
internal sealed class ScriptProbe(CheckSection check, CheckWorld world) : CheckProbe(check, world)
{
    public override async Task<ProbeAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var path = Needed(Check.Script, "script");
        var scripts = World.Scripts ?? throw new CheckNotPossibleException(Check.Name, "there is no PowerShell session to run scripts in.");
        var content = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false) : throw new CheckNotPossibleException(Check.Name, $"there is no script '{path}'.");
        if (Check.ScriptSha256 is { } digest && !string.Equals(digest, Convert.ToHexString(SHA256.HashData(content)), StringComparison.OrdinalIgnoreCase))
        {
            throw new CheckScriptChangedException(Check.Name, path);
        }

        var result = await scripts.RunAsync(new ScriptInvocation(path, Check.Parameters), cancellationToken).ConfigureAwait(false);
        return !result.Succeeded ? new ProbeAnswer(false, $"the script failed: {result.Error ?? "it gave no reason"}")
            : !Matches(string.Join('\n', result.Output)) ? new ProbeAnswer(false, "the script ended well, but the pattern is not in its output")
            : new ProbeAnswer(true, "the script ended well");
    }
}
