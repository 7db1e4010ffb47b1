using DrPowerShell.Core.Configuration.Binding;

namespace DrPowerShell.Core.Repositories.Manifests;

/// <summary>Writes the JSON Schemas of manifests and proofs from their types, as <see cref="SignedJson"/> writes them.</summary>
internal static class ManifestSchema
{
    public static string OfManifest() => RecordSchema.Write(typeof(BackupManifest), "backup-manifest", "DrPowerShell backup manifest", BackupManifest.CurrentSchema);

    public static string OfProof() => RecordSchema.Write(typeof(BackupProof), "backup-proof", "DrPowerShell proof of a backup", BackupProof.CurrentSchema);
}
