namespace DrPowerShell.Core.Ports;

/// <summary>Counts objects through a Kubernetes API server.</summary>
public interface IKubernetesCounter
{
    /// <summary>How many objects of a kind there are in all namespaces.</summary>
    /// <param name="kubeconfig">A kubeconfig file.</param>
    /// <param name="context">Its context; null for the current one.</param>
    /// <param name="resource">The kind in plural, such as pods or deployments.apps.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="Checks.Errors.CheckNotAnsweredException">The server did not answer, refused, or knows no such kind.</exception>
    Task<long> CountAsync(string kubeconfig, string? context, string resource, CancellationToken cancellationToken);
}
