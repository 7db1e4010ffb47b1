using System.Security.Cryptography;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Runbooks;
using DrPowerShell.Core.Tests.Runbooks;
using DrPowerShell.Testing;
using Xunit;

namespace DrPowerShell.Core.Tests.Journal;

/// <summary>Every way to change a journal of a few records, and what is said of it.</summary>
public sealed class JournalCheckTests : IDisposable
{
    private readonly TempFolder _temp = new("journal");
    private readonly ManifestSigner _signer;
    private readonly ManifestTrust _trust;
    private readonly ManifestTrust _stranger;

    public JournalCheckTests()
    {
        foreach (var name in new[] { "ours", "stranger" })
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            File.WriteAllText(_temp[name + ".key"], key.ExportECPrivateKeyPem());
            File.WriteAllText(_temp[name + ".pub"], key.ExportSubjectPublicKeyInfoPem());
        }

        _signer = ManifestSigner.FromFile(_temp["ours.key"]);
        _trust = ManifestTrust.FromFiles([_temp["ours.pub"]]);
        _stranger = ManifestTrust.FromFiles([_temp["stranger.pub"]]);
    }

    public void Dispose()
    {
        _signer.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task A_whole_journal_is_sealed_and_one_without_a_seal_is_open()
    {
        var whole = Check(await SealedAsync());
        Assert.Equal((JournalStatus.Sealed, RunRig.Id, 6, null), (whole.Status, whole.Run, whole.Records, whole.SignedBy));
        Assert.Empty(whole.Findings);

        var open = Check(Join(Lines(await SealedAsync())[..^1]));
        Assert.Equal((JournalStatus.Open, JournalFinding.SealMissing), (open.Status, Assert.Single(open.Findings).Code));
        Assert.Equal(JournalStatus.Open, Check([]).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_flip_of_a_bit_in_every_byte_is_found(bool signed)
    {
        var file = await SealedAsync(signed ? _signer : null);
        var trust = signed ? _trust : ManifestTrust.None;
        Assert.Equal(JournalStatus.Sealed, Check(file, trust).Status);
        for (var i = 0; i < file.Length; i++)
        {
            var bit = (byte)(1 << (i % 8));
            foreach (var flip in new[] { bit, (byte)1 })
            {
                file[i] ^= flip;
                var result = Check(file, trust);
                Assert.True(result.Status == JournalStatus.Broken || (i == file.Length - 1 && result.Status == JournalStatus.Open), $"byte {i}: {result.Status}");
                Assert.NotEmpty(result.Findings);
                if (i < file.Length - 1)
                {
                    // Named: the record that was changed, or the two that became one.
                    var record = file.AsSpan(0, i).Count((byte)'\n') + 1;
                    Assert.Contains(result.Findings, finding => finding.Sequence == record);
                }

                file[i] ^= flip;
            }
        }
    }

    [Fact]
    public async Task Every_record_that_is_removed_is_missed_by_its_number()
    {
        var lines = Lines(await SealedAsync());
        for (var i = 0; i < lines.Count - 1; i++)
        {
            var result = Check(Join(lines.Where((_, at) => at != i)));

            Assert.Equal(JournalStatus.Broken, result.Status);
            Assert.Contains(result.Findings, finding => finding == new JournalFinding(JournalFinding.RecordMissing, i + 1, finding.Text, RecoverySeverity.Error));
        }
    }

    [Fact]
    public async Task Every_two_records_that_change_places_are_found()
    {
        var lines = Lines(await SealedAsync());
        for (var one = 0; one < lines.Count; one++)
        {
            for (var other = one + 1; other < lines.Count; other++)
            {
                var swapped = lines.ToList();
                (swapped[one], swapped[other]) = (swapped[other], swapped[one]);

                var result = Check(Join(swapped));

                Assert.Equal(JournalStatus.Broken, result.Status);
                Assert.Contains(result.Findings, finding => finding is { Code: JournalFinding.RecordReordered } && finding.Sequence == one + 1);
            }
        }
    }

    [Fact]
    public async Task A_record_that_is_there_twice_is_found()
    {
        var lines = Lines(await SealedAsync());
        for (var i = 0; i < lines.Count; i++)
        {
            Assert.Equal(JournalStatus.Broken, Check(Join([.. lines[..(i + 1)], .. lines[i..]])).Status);
        }
    }

    [Fact]
    public async Task Cut_off_anywhere_it_is_open_and_with_the_repositorys_copy_broken()
    {
        var file = await SealedAsync(_signer);
        var copy = Lines(file);
        for (var length = 0; length < file.Length; length++)
        {
            var (alone, compared) = (Check(file[..length], _trust), Check(file[..length], _trust, copy));

            Assert.Equal(JournalStatus.Open, alone.Status);
            Assert.Equal(JournalStatus.Broken, compared.Status);
            Assert.Contains(compared.Findings, finding => finding is { Code: JournalFinding.CutOff, Severity: RecoverySeverity.Error } && finding.Sequence == alone.Records + 1);
        }
    }

    [Fact]
    public async Task A_journal_that_goes_on_after_its_seal_is_broken()
    {
        var file = await SealedAsync();
        var lines = Lines(file);
        var more = JournalText.Line(new JournalRecord { Sequence = lines.Count + 1, Time = DateTimeOffset.UnixEpoch, Kind = JournalRecordKind.Finding, Previous = JournalText.Hash(lines[^1]) });

        var result = Check(Join([.. lines, more]));

        Assert.Equal(JournalStatus.Broken, result.Status);
        Assert.Contains(result.Findings, finding => finding is { Code: JournalFinding.SealNotValid, Sequence: 6 });
    }

    [Fact]
    public async Task One_that_was_written_anew_from_an_edited_record_on_is_found_by_its_signature_and_by_its_copy()
    {
        var file = await SealedAsync(_signer);
        var forged = await SealedAsync(null, text => "nothing happened");

        var unsigned = Check(forged, _trust);
        Assert.Equal((JournalStatus.Open, JournalFinding.NotTrusted, RecoverySeverity.Error), (unsigned.Status, unsigned.Findings[0].Code, unsigned.Findings[0].Severity));
        Assert.Equal(JournalStatus.Sealed, Check(forged).Status);
        Assert.Equal(new(JournalFinding.RecordEdited, 4, "Record 4 is not the one that the repository holds.", RecoverySeverity.Error), Check(forged, copy: Lines(file)).Findings[0]);

        // With the old signature under the new seal.
        var (lines, signed) = (Lines(forged), JournalText.TryRead(Lines(file)[^1])!);
        var record = JournalText.TryRead(lines[^1])!;
        var seal = JournalData.Read(record, JournalJson.Default.JournalSeal) with { Signature = JournalData.Read(signed, JournalJson.Default.JournalSeal).Signature };
        var glued = Check(Join([.. lines[..^1], JournalText.SealLine(record, seal)]), _trust);
        Assert.Equal(JournalStatus.Broken, glued.Status);
        Assert.Contains(glued.Findings, finding => finding.Code == JournalFinding.SealNotValid);
    }

    [Fact]
    public async Task A_seal_says_who_signed_it_and_is_worth_what_that_one_is_trusted()
    {
        var file = await SealedAsync(_signer);

        Assert.Equal((JournalStatus.Sealed, _signer.KeyId), (Check(file, _trust).Status, Check(file, _trust).SignedBy));
        Assert.Equal((JournalStatus.Sealed, _signer.KeyId), (Check(file).Status, Check(file).SignedBy));
        var unknown = Check(file, _stranger);
        Assert.Equal((JournalStatus.Open, JournalFinding.NotTrusted), (unknown.Status, Assert.Single(unknown.Findings).Code));
        Assert.Contains(_signer.KeyId, unknown.Findings[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_is_behind_is_told_and_breaks_nothing()
    {
        var file = await SealedAsync();

        var result = Check(file, copy: Lines(file)[..3]);

        Assert.Equal(JournalStatus.Sealed, result.Status);
        Assert.Equal(new(JournalFinding.CopyBehind, 4, "The repository holds 3 of its 6 records.", RecoverySeverity.Warning), Assert.Single(result.Findings));
        Assert.Empty(Check(file, copy: Lines(file)).Findings);
    }

    private static JournalTestResult Check(byte[] file, ManifestTrust? trust = null, IReadOnlyList<byte[]>? copy = null) => JournalReader.Check(file, trust ?? ManifestTrust.None, copy);

    private static List<byte[]> Lines(byte[] file) => JournalText.Split(file).Lines;

    private static byte[] Join(IEnumerable<byte[]> lines) => JournalReader.ToFile(lines);

    private static async Task<byte[]> SealedAsync(ManifestSigner? signer = null, Func<string, string>? edit = null)
    {
        using var rig = new RunRig();
        Directory.CreateDirectory(Path.Combine(rig.Folder, RunRig.Id));
        await using (var journal = JournalWriter.Open(rig.Folder, RunRig.Id, null, new Redactor(), rig.Time))
        {
            var begun = new RunBegun { Run = RunRig.Id, Kind = "restore", Target = "prod", Operator = "ann@far", Tool = "test", PlanDigest = "d", Plan = RunFacts.ToJson(new { a = 1 }), Steps = [] };
            await journal.AppendAsync(JournalRecordKind.RunBegun, null, null, JournalData.Of(begun, JournalJson.Default.RunBegun), RunRig.Token);
            await journal.AppendAsync(JournalRecordKind.StepBegun, "stop-a", "attempt 1", null, RunRig.Token);
            await journal.AppendAsync(JournalRecordKind.Fact, "stop-a", "stop-a.was-up", RunFacts.ToJson("up"), RunRig.Token);
            await journal.AppendAsync(JournalRecordKind.StepFinished, "stop-a", edit?.Invoke("down") ?? "down", null, RunRig.Token);
            await journal.AppendAsync(JournalRecordKind.RunFinished, null, null, JournalData.Of(new RunFinished(RunResult.Healthy, null, null), JournalJson.Default.RunFinished), RunRig.Token);
            await journal.SealAsync(signer, null, RunRig.Token);
        }

        return await File.ReadAllBytesAsync(rig.Journal, RunRig.Token);
    }
}
