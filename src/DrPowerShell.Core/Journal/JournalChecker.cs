using System.Globalization;
using System.Text.Json;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Journal;

/// <summary>Follows the chain of a journal's records.</summary>
internal sealed class JournalChecker(ManifestTrust trust)
{
    private readonly List<JournalFinding> _findings = [];

    public JournalTestResult Check(List<byte[]> lines, bool torn, IReadOnlyList<byte[]>? copy)
    {
        var records = Follow(lines);
        var run = Run(records);
        var seal = lines.Count > 0 && records.Count == lines.Count && records[^1] is { Kind: JournalRecordKind.Seal } last ? last : null;
        var signedBy = seal is null ? null : CheckSeal(seal, lines[^1], run, lines.Count);
        if (records.Find(record => record.Kind == JournalRecordKind.Seal && record != seal) is { } early)
        {
            Find(JournalFinding.SealNotValid, early.Sequence, $"Records follow the seal, which is record {early.Sequence}.");
        }

        if (torn)
        {
            // A crash does that while a journal is written; after its seal nothing is.
            Find(JournalFinding.CutOff, lines.Count + 1, $"Record {lines.Count + 1} is cut off in the middle.", seal is null ? RecoverySeverity.Warning : RecoverySeverity.Error);
        }

        if (copy is not null)
        {
            Compare(lines, copy);
        }

        var isBroken = _findings.Exists(finding => finding.Severity == RecoverySeverity.Error);
        var isTrusted = seal is null || IsTrusted(seal, run);
        if (seal is null)
        {
            Find(JournalFinding.SealMissing, 0, $"It has no seal: the run has not ended, or its end was cut off.", RecoverySeverity.Warning);
        }

        return new JournalTestResult
        {
            Run = run,
            Status = isBroken ? JournalStatus.Broken : seal is null || !isTrusted ? JournalStatus.Open : JournalStatus.Sealed,
            Records = lines.Count,
            Head = lines.Count == 0 ? JournalText.Start : JournalText.Hash(lines[^1]),
            SignedBy = signedBy,
            Findings = _findings.ToArray(),
            All = records,
        };
    }

    private List<JournalRecord> Follow(List<byte[]> lines)
    {
        var records = lines.ConvertAll(line => JournalText.TryRead(line));
        var previous = JournalText.Start;
        for (var i = 0; i < lines.Count; i++)
        {
            var hash = JournalText.Hash(lines[i]);
            if (Break(records, i, previous, hash))
            {
                // One finding tells where; what follows is only its consequence.
                break;
            }

            previous = hash;
        }

        return [.. records.OfType<JournalRecord>()];
    }

    private bool Break(List<JournalRecord?> records, int i, string previous, string hash)
    {
        var (place, record) = (i + 1, records[i]);
        if (record is null)
        {
            Find(JournalFinding.RecordEdited, place, $"Record {place} is no record.");
        }
        else if (record.Sequence != place && record.Previous != previous)
        {
            Find(
                records.Exists(other => other?.Sequence == place) ? JournalFinding.RecordReordered : JournalFinding.RecordMissing,
                place,
                records.Exists(other => other?.Sequence == place) ? (FormattableString)$"Record {record.Sequence} stands at place {place}." : $"Record {place} is missing: record {record.Sequence} stands in its place.");
        }
        else if (record.Sequence != place)
        {
            Find(JournalFinding.RecordEdited, place, $"Record {place} says that it is number {record.Sequence}: it was edited.");
        }
        else if (record.Previous != previous)
        {
            // Does the next one still know this one, then the one before has changed.
            var isOneBefore = i > 0 && (i + 1 == records.Count || records[i + 1]?.Previous == hash);
            Find(JournalFinding.RecordEdited, isOneBefore ? i : place, $"Record {(isOneBefore ? i : place)} is not the one that was written there: it was edited, or another was put in its place.");
        }
        else
        {
            return false;
        }

        return true;
    }

    private string? CheckSeal(JournalRecord record, byte[] line, string run, int count)
    {
        if (Seal(record) is not { } seal)
        {
            Find(JournalFinding.SealNotValid, record.Sequence, $"The seal cannot be read.");
            return null;
        }

        if (seal.Count != count - 1 || seal.Head != record.Previous)
        {
            Find(JournalFinding.SealNotValid, record.Sequence, $"The seal is over {seal.Count} records, and {count - 1} come before it.");
        }
        else if (!line.AsSpan().SequenceEqual(JournalText.SealLine(record, seal)))
        {
            Find(JournalFinding.SealNotValid, record.Sequence, $"The seal was edited.");
        }
        else if (trust.Check(JournalText.SealPayload(run, record, seal), seal.Signature) == SignatureState.Invalid)
        {
            Find(JournalFinding.SealNotValid, record.Sequence, $"The seal's signature does not fit it.");
        }

        return seal.Signature?.KeyId;
    }

    private bool IsTrusted(JournalRecord record, string run)
    {
        if (!trust.IsRequired || Seal(record) is not { } seal)
        {
            return !trust.IsRequired;
        }

        var state = trust.Check(JournalText.SealPayload(run, record, seal), seal.Signature);
        if (state is SignatureState.Unsigned or SignatureState.UnknownSigner)
        {
            // Who can write the file can seal it anew: without a name that is trusted it is worth no more than none.
            Find(JournalFinding.NotTrusted, record.Sequence, state == SignatureState.Unsigned ? (FormattableString)$"The seal is not signed." : $"The seal is signed by a key that is not trusted: {seal.Signature!.KeyId}.");
        }

        return state == SignatureState.Trusted;
    }

    private void Compare(List<byte[]> lines, IReadOnlyList<byte[]> copy)
    {
        for (var i = 0; i < Math.Min(lines.Count, copy.Count); i++)
        {
            if (!lines[i].AsSpan().SequenceEqual(copy[i]))
            {
                Find(JournalFinding.RecordEdited, i + 1, $"Record {i + 1} is not the one that the repository holds.");
                return;
            }
        }

        if (copy.Count > lines.Count)
        {
            Find(JournalFinding.CutOff, lines.Count + 1, $"It ends after record {lines.Count}, and the repository holds {copy.Count}.");
        }
        else if (copy.Count < lines.Count)
        {
            Find(JournalFinding.CopyBehind, copy.Count + 1, $"The repository holds {copy.Count} of its {lines.Count} records.", RecoverySeverity.Warning);
        }
    }

    private static JournalSeal? Seal(JournalRecord record)
    {
        try
        {
            return JournalData.Read(record, JournalJson.Default.JournalSeal);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string Run(List<JournalRecord> records)
    {
        try
        {
            return records.Count > 0 && records[0].Kind == JournalRecordKind.RunBegun ? JournalData.Read(records[0], JournalJson.Default.RunBegun).Run : "";
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return "";
        }
    }

    private void Find(string code, int record, FormattableString text, RecoverySeverity severity = RecoverySeverity.Error) =>
        _findings.Add(new JournalFinding(code, record, text.ToString(CultureInfo.InvariantCulture), severity));
}
