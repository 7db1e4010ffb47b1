using System.Management.Automation;
using DrPowerShell.Module.Pipeline;

namespace DrPowerShell.Module.Snapshots;

/// <summary>Lets a parameter that takes a snapshot take the path of its file, by the rules of the session.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SnapshotPathTransformAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is string { Length: > 0 } path
            ? new SnapshotReference(new FileInfo(SessionPaths.Destination(engineIntrinsics.SessionState, path)))
            : inputData;
}
