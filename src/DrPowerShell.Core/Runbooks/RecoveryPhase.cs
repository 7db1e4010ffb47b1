namespace DrPowerShell.Core.Runbooks;

/// <summary>The phases of a run, in their order.</summary>
public enum RecoveryPhase
{
    /// <summary>Look, and change nothing.</summary>
    Assess,

    /// <summary>Those whom the estate names agree.</summary>
    Approve,

    /// <summary>Writers are stopped.</summary>
    Quiesce,

    /// <summary>A last snapshot is taken of what there still is.</summary>
    Protect,

    /// <summary>What is to be replaced is stopped.</summary>
    Stop,

    /// <summary>Data is put in place.</summary>
    Restore,

    /// <summary>Data is brought up to date.</summary>
    Sync,

    /// <summary>A standby becomes the primary.</summary>
    Promote,

    /// <summary>What was replaced is started.</summary>
    Start,

    /// <summary>What was started is proven sound.</summary>
    Health,

    /// <summary>Clients are let in: the point of no return.</summary>
    Switch,

    /// <summary>The business is proven to work.</summary>
    Verify,

    /// <summary>The record is closed and archived.</summary>
    Record,
}
