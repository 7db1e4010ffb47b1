using System.Management.Automation;

namespace DrPowerShell.Module.Connections;

/// <summary>Lets a key parameter take bytes: the engine would take a byte array for a list of keys.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KeyBytesTransformAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is byte[] bytes ? new KeyName(bytes) : inputData;
}

/// <summary>Lets a value parameter take bytes: the engine turns no list into a single object.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ValueBytesTransformAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is byte[] bytes ? new KeyContent(bytes) : inputData;
}
