using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Restores.Assessing;

/// <summary>What was found of one member on its machine.</summary>
/// <param name="Member">As the plan takes it.</param>
/// <param name="State">What its service does.</param>
/// <param name="Database">Its member/snap/db; null where there is none.</param>
/// <param name="LastWrite">When its WAL or database was last written, by this machine's clock; null where there is neither.</param>
internal sealed record AssessedMember(RestoreMember Member, ServiceState State, HostEntry? Database, DateTimeOffset? LastWrite);
