using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Services;

/// <summary>Opens services by what manages them.</summary>
public static class ServiceFactory
{
    public static IService Open(ServiceOptions options, IHost host) => options.Kind switch
    {
        ServiceKind.Systemd => new SystemdService(options, host),
        ServiceKind.StaticPod => new StaticPodService(options, host),
        _ => new CommandService(options, host),
    };
}
