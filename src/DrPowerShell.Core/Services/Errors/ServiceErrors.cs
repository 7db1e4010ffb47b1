using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Services.Errors;

/// <summary>A service was told to stop and still runs.</summary>
/// <param name="service">The service.</param>
/// <param name="state">What was measured last.</param>
/// <param name="waited">For how long it was waited for.</param>
/// <param name="holders">The processes that are left, or that still listen on its ports: number and command line.</param>
public sealed class ServiceNotDownException(ServiceOptions service, ServiceState state, TimeSpan waited, IReadOnlyList<string> holders) : RecoveryException(
    FailureKind.Timeout,
    service.ToString(),
    string.Create(CultureInfo.InvariantCulture, $"{service} is not down after {waited.TotalSeconds:N0} s: {state.Evidence}.{(holders.Count == 0 ? "" : $" Left: {string.Join("; ", holders)}.")}"),
    holders.Count == 0 ? "Find out what keeps or restarts it, end it, then resume the run." : "End the processes that are left, or whatever starts them again, then resume the run.")
{
    public IReadOnlyList<string> Holders { get; } = holders;
}

/// <summary>A service was told to start and does not run.</summary>
public sealed class ServiceNotUpException(ServiceOptions service, ServiceState state, TimeSpan waited, string? lastWords, string advice) : RecoveryException(
    FailureKind.Timeout,
    service.ToString(),
    string.Create(CultureInfo.InvariantCulture, $"{service} is not up after {waited.TotalSeconds:N0} s: {state.Evidence}.{(lastWords is null ? "" : " Its last words: " + lastWords)}"),
    advice)
{
    public string? LastWords { get; } = lastWords;
}

/// <summary>The host knows no such service.</summary>
public sealed class ServiceNotFoundException(ServiceOptions service, string reason) : RecoveryException(
    FailureKind.NotFound, service.ToString(), $"There is no service {service}: {reason}", "Check the service's name in the estate.");

/// <summary>A unit is masked: somebody has forbidden its start.</summary>
public sealed class ServiceMaskedException(ServiceOptions service, string unit) : RecoveryException(
    FailureKind.Refused,
    service.ToString(),
    $"{service} is masked: somebody has forbidden its start.",
    $"Find out who did and why; where it may start again, run systemctl unmask {unit} on {service.Host}, then resume the run.");

/// <summary>The manager of a service refused a start or a stop.</summary>
public sealed class ServiceCommandFailedException(ServiceOptions service, string act, string reason, string advice, Exception? inner = null) : RecoveryException(
    FailureKind.InvalidState, service.ToString(), $"{service} could not be {act}: {reason.TrimEnd('.')}.", advice, inner);

/// <summary>The estate gives no command for what is to be done with a service.</summary>
public sealed class ServiceCommandMissingException(ServiceOptions service, string command, string consequence) : RecoveryException(
    FailureKind.InvalidInput, service.ToString(), $"The estate gives no {command} command for {service}, {consequence}", $"Add {command}: to the service in the estate.");
