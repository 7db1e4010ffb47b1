using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Clusters.Errors;

/// <summary>An http URL was given for a port that speaks TLS.</summary>
public sealed class EtcdEndpointSpeaksTlsException : EtcdEndpointException
{
    public EtcdEndpointSpeaksTlsException(Uri endpoint, Exception? inner = null)
        : base(
              FailureKind.InvalidInput,
              endpoint,
              $"{Show(endpoint)} speaks TLS and was addressed with http.",
              "Write https instead of http in -Endpoint, and add -CACertificate with the CA that signed the server's certificate.", inner)
    {
    }
}
