using DrPowerShell.Core.Sandboxes;

namespace DrPowerShell.Module.Connections;

/// <summary>A sandbox as a parameter takes it: its name, or the sandbox itself.</summary>
public sealed class SandboxReference
{
    /// <summary>The name of a sandbox of this session.</summary>
    public SandboxReference(string name) => Name = name;

    /// <summary>A sandbox that Start-EtcdSandbox returned.</summary>
    public SandboxReference(EtcdSandbox sandbox)
    {
        Name = sandbox.Name;
        Sandbox = sandbox;
    }

    /// <summary>The sandbox's name.</summary>
    public string Name { get; }

    /// <summary>The sandbox, where one was given.</summary>
    public EtcdSandbox? Sandbox { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
