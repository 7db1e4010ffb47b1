namespace DrPowerShell.Providers.Age;

/// <summary>A passphrase stanza asks for more memory than this process may have.</summary>
internal sealed class AgeTooCostlyException(string reason) : Exception(reason);
