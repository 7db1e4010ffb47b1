using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Module.Errors;

/// <summary>No running sandbox has the name.</summary>
public sealed class SandboxNotFoundException(string name, IReadOnlyList<string> running) : RecoveryException(
    FailureKind.NotFound,
    name,
    running.Count == 0 ? $"No sandbox runs in this session, so none is named '{name}'."
        : $"No sandbox of this session is named '{name}'. Running: {string.Join(", ", running)}.",
    "Name a sandbox that this session started, or pipe the object that Start-EtcdSandbox returned.");
