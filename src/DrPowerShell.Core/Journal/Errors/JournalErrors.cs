using System.Globalization;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Journal.Errors;

/// <summary>There is no such run.</summary>
public sealed class RunNotFoundException(string run, string where) : RecoveryException(
    FailureKind.NotFound, run, $"There is no run '{run}' in {where}.", "Get-RecoveryRun lists what is there; a run of another machine is found with -Repository.");

/// <summary>Another process works on the run.</summary>
public sealed class RunBusyException(string run) : RecoveryException(
    FailureKind.Busy, run, $"Another process on this machine works on {run}.", "Wait for it to end; Get-RecoveryRun shows how far it is.");

/// <summary>A journal cannot be gone on with: its chain is broken.</summary>
public sealed class JournalBrokenException(string run, string reason) : RecoveryException(
    FailureKind.Security, run, $"The journal of {run} is broken: {reason}", "Test-RecoveryJournal tells where. Do not resume it; restore anew, and keep the journal for whoever looks into it.");

/// <summary>A journal cannot be written.</summary>
public sealed class JournalNotWritableException(string path, Exception inner) : RecoveryException(
    FailureKind.WriteFailed, path, $"{path} cannot be written: {inner.Message}", "A run does nothing that it cannot record. Free space, or name another folder with -JournalDirectory.", inner);

/// <summary>A record is larger than a journal takes.</summary>
public sealed class JournalRecordTooLargeException(string run, long size, long largest) : RecoveryException(
    FailureKind.InvalidData,
    run,
    string.Create(CultureInfo.InvariantCulture, $"A record of {run} would have {size:N0} bytes, and {largest:N0} is the most that a journal takes."),
    "Nothing was done that the record tells of. A plan or a data directory with this many parts must be restored in parts.");

/// <summary>Two processes have gone on with the same run, each without the other.</summary>
public sealed class JournalForkedException(string run, int record, string repository) : RecoveryException(
    FailureKind.Security,
    run,
    string.Create(CultureInfo.InvariantCulture, $"{run} was gone on with elsewhere: record {record} in {repository} is not the one of this machine."),
    $"Go on where the journal is longer, or remove this machine's copy of the run to take the repository's: Test-RecoveryJournal -Repository {repository} compares them.");
