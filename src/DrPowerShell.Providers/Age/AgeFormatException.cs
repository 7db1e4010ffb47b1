namespace DrPowerShell.Providers.Age;

/// <summary>A stream breaks the format's rules; told to users as EncryptedDataDamaged with the stream's name.</summary>
internal sealed class AgeFormatException(string reason, Exception? inner = null) : Exception(reason, inner);
