namespace DrPowerShell.Core.Backups;

/// <summary>Tells the bytes of one stage as the progress of a backup.</summary>
internal sealed class StageProgress : IProgress<long>
{
    private readonly IProgress<BackupProgress> _progress;
    private readonly BackupStage _stage;
    private readonly long _total;

    private StageProgress(IProgress<BackupProgress> progress, BackupStage stage, long total) => (_progress, _stage, _total) = (progress, stage, total);

    /// <summary>Null where nobody is told.</summary>
    public static StageProgress? Of(IProgress<BackupProgress>? progress, BackupStage stage, long total) => progress is null ? null : new(progress, stage, total);

    public void Report(long value) => _progress.Report(new BackupProgress(_stage, value, _total));
}
