using DrPowerShell.Core.Restores;
using DrPowerShell.Core.Restores.Impact;

namespace DrPowerShell.Core.Reports.Documents;

/// <summary>What was restored, what that destroyed, and how it stands against the targets.</summary>
internal sealed partial class ReportComposer
{
    private void Source()
    {
        if (report.ReplacedMember is { } member)
        {
            Head("source");
            _blocks.Add(new ParagraphBlock(Line("source.member", Name(member))));
        }

        if (report.Source is not { } source)
        {
            return;
        }

        Head("source");
        var rows = new List<(string, ReportLine)> { (culture["source.kind"], culture.Of(source.Kind)) };
        Add(rows, "source.from", source.Member);
        Add(rows, "repository", source.Repository);
        Add(rows, source.Kind == RestoreSourceKind.Backup ? "source.backup" : "source.file", source.Name);
        if (source.Taken is { } taken)
        {
            rows.Add((culture["source.taken"], Time(taken)));
        }

        Add(rows, "source.revision", Number(source.Revision));
        Add(rows, "source.size", source.Size is { } size ? culture.Bytes(size) : null);
        Add(rows, "source.sha256", source.Sha256, ReportTone.Code);
        Add(rows, "source.clusterId", source.ClusterId, ReportTone.Code);
        Add(rows, "source.bump", source.RevisionBump is > 0 and var bump ? Number(bump) : null);
        Add(rows, "source.hashKv", source.HashKv, ReportTone.Code);
        _blocks.Add(new FactsBlock(rows));
    }

    private void Impact()
    {
        if (report.ReplacedMember is not null)
        {
            return;
        }

        Head("impact");
        if (report.Impact is not { } impact)
        {
            _blocks.Add(new ParagraphBlock(culture["impact.notMeasured"]));
            return;
        }

        _blocks.Add(new ParagraphBlock(culture["impact.intro"]));
        var rows = new List<(string, ReportLine)> { (culture["impact.basis"], culture.Of(impact.Basis)) };
        Add(rows, "impact.lost", Number(impact.KeysLost));
        Add(rows, "impact.back", Number(impact.KeysBack));
        Add(rows, "impact.reverted", Number(impact.KeysReverted));
        Add(rows, "impact.unchanged", Number(impact.KeysUnchanged));
        Add(rows, "impact.leases", Number(impact.LeasesExpiring));
        Add(rows, "impact.revisions", impact.LiveRevision is { } live ? culture.Fill("impact.gap", Number(impact.SnapshotRevision)!, Number(live)!, Number(live - impact.SnapshotRevision)!) : null);
        Add(rows, "impact.members", impact.Members.Count > 0 ? string.Join(culture["list"], impact.Members) : null, ReportTone.Name);
        _blocks.Add(new FactsBlock(rows));
        Counts("impact.byKind", "impact.kind", impact.ByKind.Select(kind => (Kind(kind), kind.Lost, kind.Back, kind.Reverted)));
        Counts("impact.byPrefix", "impact.prefix", impact.ByPrefix.Select(prefix => (Grouped(prefix.Prefix), prefix.Lost, prefix.Back, prefix.Reverted)));
        if (impact.Objects.Count > 0)
        {
            _blocks.Add(new TableBlock(
                culture["impact.objects"],
                [new(culture["impact.change"], 22), new(culture["impact.kind"], 22), new(culture["impact.namespace"], 20), new(culture["impact.name"])],
                [.. impact.Objects.Select(one => new ReportRow([culture.Of(one.Change), Name(one.Kind), Name(one.Namespace ?? "–"), Name(one.Name)]))]));
        }

        if (impact.Findings.Count > 0)
        {
            _blocks.Add(new TableBlock(
                culture["impact.findings"],
                [new(culture["severity"], 16), new(culture["code"], 26), new(culture["text"])],
                [.. impact.Findings.Select(one => new ReportRow([culture.Of(one.Severity), new ReportSpan(one.Code, ReportTone.Code), Quoted(one.Text)]))]));
        }
    }

    private void Counts(string caption, string name, IEnumerable<(ReportLine Name, long Lost, long Back, long Reverted)> groups)
    {
        var rows = groups.Select(group => new ReportRow([group.Name, culture.Number(group.Lost), culture.Number(group.Back), culture.Number(group.Reverted)])).ToList();
        if (rows.Count > 0)
        {
            _blocks.Add(new TableBlock(
                culture[caption],
                [new(culture[name]), new(culture["impact.lost"], 16, IsNumber: true), new(culture["impact.back"], 16, IsNumber: true), new(culture["impact.reverted"], 16, IsNumber: true)],
                rows));
        }
    }

    private ReportLine Kind(KindImpact kind) => kind.Kind == ImpactCount.Other
        ? culture["impact.other"]
        : kind.Namespace is { } space ? Line("impact.kindIn", Name(kind.Kind), Name(space)) : Name(kind.Kind);

    private ReportLine Grouped(string prefix) => prefix == ImpactCount.Other ? culture["impact.other"] : new ReportSpan(prefix, ReportTone.Code);

    private void Targets()
    {
        Head("targets");
        var (rto, loss) = (report.Rto, report.Loss);
        _blocks.Add(new TableBlock(
            culture["targets.caption"],
            [new(culture["targets.what"]), new(culture["target"], 20, IsNumber: true), new(culture["measured"], 20, IsNumber: true), new(culture["targets.met"], 18)],
            [
                new([culture["rto.long"], Span(rto.Target), Span(rto.Measured), Met(rto.IsMet)]),
                new([culture["loss.long"], Span(loss.Target), Span(loss.Measured), Met(loss.IsMet)]),
            ]));
        _blocks.Add(new ParagraphBlock(rto.IsFromOutage
            ? rto.CountedFrom is { } outage ? Line("rto.fromOutage", Time(outage)) : culture["rto.fromSomeOutage"]
            : Line("rto.fromRun", Time(rto.CountedFrom ?? report.Started))));
        if (rto.Measured is null)
        {
            _blocks.Add(new ParagraphBlock(culture["rto.none"]));
        }

        if (report.ReplacedMember is not null)
        {
            _blocks.Add(new ParagraphBlock(culture["loss.member"]));
            return;
        }

        _blocks.Add(new ParagraphBlock(culture["loss.meaning"]));
        if (report.PointOfNoReturn is null)
        {
            _blocks.Add(new ParagraphBlock(culture["loss.putBack"]));
            return;
        }

        _blocks.Add(new ParagraphBlock(loss.LastWrite is { } write ? Line("loss.lastWrite", Time(write), culture.Of(loss.LastWriteFrom)) : culture["loss.unknown"]));
        if (loss.AtMost is { } most)
        {
            _blocks.Add(new ParagraphBlock(Line("loss.atMost", culture.Span(most))));
        }

        if (loss.Accepted is { } accepted)
        {
            _blocks.Add(new ParagraphBlock(Line("loss.accepted", culture.Span(accepted))));
        }
    }

    private ReportLine Met(bool? met) => met switch
    {
        true => new ReportSpan(culture["met"], ReportTone.Good),
        false => new ReportSpan(culture["missed"], ReportTone.Bad),
        _ => "–",
    };

    private string? Number(long? value) => value is { } known ? culture.Number(known) : null;

    private void Add(List<(string, ReportLine)> rows, string key, string? value, ReportTone tone = ReportTone.Plain)
    {
        if (value is not null)
        {
            rows.Add((culture[key], new ReportSpan(value, tone)));
        }
    }
}
