using DrPowerShell.Core.Services;

namespace DrPowerShell.Core.Ports;

/// <summary>Something on a host that can be started and stopped: an etcd member, an API server, any other writer. Thread safe.</summary>
/// <remarks>Starting what runs and stopping what is down are no errors, so that a step can be repeated.</remarks>
public interface IService
{
    /// <summary>What the estate, or the host, calls it.</summary>
    string Name { get; }

    /// <summary>The host that it is on.</summary>
    IHost Host { get; }

    ServiceOptions Options { get; }

    /// <summary>Measures what it does now: its manager's answer, its processes, its ports.</summary>
    Task<ServiceState> GetStateAsync(CancellationToken cancellationToken);

    /// <summary>Starts it, and returns when its manager has accepted that; <see cref="WaitUntilUpAsync"/> proves it.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Stops it, and returns when its manager has accepted that; <see cref="WaitUntilDownAsync"/> proves it.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Ends a stop that a dead process has left under way on the host, such as a script that waits: it would go on, and stop what is started next.
    /// Where none is left nothing is done.
    /// </summary>
    Task EndStopAsync(CancellationToken cancellationToken);

    /// <summary>Polls until its process is gone and its ports are closed.</summary>
    /// <exception cref="Services.Errors.ServiceNotDownException">It was not down in time; tells which process or port is left.</exception>
    Task<ServiceState> WaitUntilDownAsync(TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Polls until its process runs and its ports are open.</summary>
    /// <exception cref="Services.Errors.ServiceNotUpException">It was not up in time, or died; tells its last words where its manager keeps them.</exception>
    Task<ServiceState> WaitUntilUpAsync(TimeSpan patience, CancellationToken cancellationToken);
}
