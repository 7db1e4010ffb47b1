using System.Management.Automation;
using DrPowerShell.Core.Configuration;
using DrPowerShell.Module.Pipeline;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Commands;

/// <summary>Shows the estate: the clusters, repositories, hosts, retention rules and schedules that names in commands stand for.</summary>
/// <remarks>
/// <para>
/// The estate is a YAML file: the one that -Path names, else $env:DRPOWERSHELL_ESTATE, else drpowershell/estate.yaml in the user's configuration
/// folder ($XDG_CONFIG_HOME or ~/.config; %APPDATA% on Windows). The current folder is never searched. A file, or a folder around it, that somebody
/// else may write is refused (EstateNotTrusted): who writes it decides where backups go and what a restore trusts.
/// </para>
/// <para>
/// Secrets are not read: the estate holds references (env:NAME, file:PATH, secret:VAULT/NAME), and those are shown. All mistakes of a file are told
/// in one error, EstateNotValid; Test-RecoveryEstate gives them as objects. The schema schemas/estate.schema.json in the module's folder describes every key of the file.
/// </para>
/// </remarks>
/// <example>
/// <para>Show what the estate names.</para>
/// <code>Get-RecoveryEstate</code>
/// <para>The file, and the names in it.</para>
/// </example>
/// <example>
/// <para>Show when each schedule of a file runs.</para>
/// <code>(Get-RecoveryEstate ./dr.yaml).Schedules.Values | Format-Table Name, Cluster, Repository, Expression, TimeZone</code>
/// <para>Words such as daily are shown as the cron expressions they stand for.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "RecoveryEstate")]
[OutputType(typeof(Estate))]
public sealed class GetRecoveryEstateCommand : DrCmdlet
{
    /// <summary>The estate file. Without it $env:DRPOWERSHELL_ESTATE, else estate.yaml in the user's configuration folder.</summary>
    [Parameter(Position = 0)]
    [Alias("Estate")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override void Process() => WriteObject(new EstateSession(this, Path).Estate);
}
