using System.Text.Json.Nodes;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Core.Restores.Plans;
using DrPowerShell.Testing;
using NJsonSchema;
using Xunit;

namespace DrPowerShell.Core.Tests.Configuration;

/// <summary>The schemas that are shipped are those of the types, and judge as the binder does. UPDATE=1 writes them anew.</summary>
public sealed class SchemaFileTests
{
    private static readonly string Folder = Path.Combine(RepositoryPaths.Root, "module", "schemas");
    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, JsonSchema> Schemas = new(StringComparer.Ordinal);

    [Theory]
    [InlineData("estate")]
    [InlineData("restore-plan")]
    [InlineData("backup-manifest")]
    [InlineData("backup-proof")]
    [InlineData("recovery-report")]
    [InlineData("notice")]
    public void The_file_is_what_the_types_say(string name)
    {
        var path = Path.Combine(Folder, name + ".schema.json");
        var written = name switch { "estate" => EstateSchema.Write(), "restore-plan" => RestorePlanFile.Schema(), "backup-manifest" => ManifestSchema.OfManifest(), "recovery-report" => Core.Reports.ReportSchema.Write(), "notice" => Core.Notifications.NoticeSchema.Write(), _ => ManifestSchema.OfProof() };
        if (Environment.GetEnvironmentVariable("UPDATE") == "1")
        {
            File.WriteAllText(path, written);
        }

        Assert.True(written == File.ReadAllText(path), $"{path} is not what the types say: run this test with UPDATE=1 and look at the difference.");
    }

    [Theory]
    [InlineData("estate")]
    [InlineData("restore-plan")]
    [InlineData("backup-manifest")]
    [InlineData("backup-proof")]
    public void Every_property_is_described(string name)
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, name + ".schema.json")))!.AsObject();
        JsonObject[] shapes = [schema, .. schema["$defs"]!.AsObject().Select(one => one.Value!.AsObject())];

        var silent = shapes.SelectMany(shape => shape["properties"]!.AsObject().Where(one => string.IsNullOrWhiteSpace((string?)one.Value!["description"])).Select(one => one.Value!.GetPath()));
        Assert.Empty(silent);
    }

    [Fact]
    public async Task The_example_satisfies_schema_and_binder()
    {
        var text = await File.ReadAllTextAsync(EstateText.Example, TestContext.Current.CancellationToken);

        Assert.Empty(EstateText.Bind(text, EstateText.Example).Mistakes);
        Assert.Empty(await JudgeAsync("estate", EstateText.Json(text)!.ToJsonString()));
    }

    [Theory]
    [InlineData("clusters: { a: { endpoint: [https://h:1] } }")]
    [InlineData("clusters: { a: { endpoints: [] } }")]
    [InlineData("clusters: { a: { endpoints: https://h:1 } }")]
    [InlineData("clusters: { a: { endpoints: [h:1] } }")]
    [InlineData("clusters: { a: { endpoints: [https://u:p@h:1] } }")]
    [InlineData("clusters: { a: { endpoints: [https://h:1], user: 5 } }")]
    [InlineData("clusters: { a: { endpoints: [https://h:1], user: u, password: plain } }")]
    [InlineData("clusters: { a: { endpoints: [https://h:1], user: u, password: 'env:' } }")]
    [InlineData("clusters: { -a: { endpoints: [https://h:1] } }")]
    [InlineData("clusters: [a]")]
    [InlineData("clusters: { a: }")]
    [InlineData("repositories: { a: { uri: ftp://h/x } }")]
    [InlineData("repositories: { a: { uri: s3://b, compression: 23 } }")]
    [InlineData("repositories: { a: { uri: s3://b, compression: 1.5 } }")]
    [InlineData("repositories: { a: { uri: s3://b, lock: { mode: Compliance, days: 1 } } }")]
    [InlineData("repositories: { a: { uri: s3://b, lock: { mode: compliance } } }")]
    [InlineData("repositories: { a: { uri: s3://b, offsite: yes } }")]
    [InlineData("repositories: { a: { uri: s3://b, proofEvery: 30 } }")]
    [InlineData("repositories: { a: { uri: s3://b, proofEvery: 0d } }")]
    [InlineData("repositories: { a: { uri: s3://b, s3: { endpoint: s3.example.net } } }")]
    [InlineData("repositories: { a: { uri: sftp://h/x, sftp: { jump: [{ host: bastion }] } } }")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: { recipients: age1x } } }")]
    [InlineData("recipients: { a: ops }")]
    [InlineData("retention: { a: { last: -1 } }")]
    [InlineData("retention: { a: { largestShrink: 1.5 } }")]
    [InlineData("schedules: { a: { cluster: c, repository: r, when: sometimes } }")]
    [InlineData("schedules: { a: { cluster: c, repository: r, when: daily, level: none } }")]
    [InlineData("schedules: { a: { cluster: c, repository: r, when: daily, expect: { byteBudget: 10 GBs } } }")]
    [InlineData("notifiers: { a: { type: pager } }")]
    [InlineData("notifiers: { a: { type: command, program: /x, events: [break] } }")]
    [InlineData("notifiers: { a: { type: command, program: /x, attempts: 0 } }")]
    [InlineData("notifiers: { a: { type: mail, host: h, from: nobody, to: [c@d] } }")]
    [InlineData("notify: pager")]
    [InlineData("trust: a.pem")]
    [InlineData("[]")]
    public async Task What_the_schema_refuses_the_binder_refuses(string text)
    {
        Assert.NotEmpty(EstateText.Bind(text).Mistakes);
        Assert.NotEmpty(await JudgeAsync("estate", EstateText.Json(text)!.ToJsonString()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("clusters:\nhosts: ~")]
    [InlineData("clusters: { a: { endpoints: ['http://[::1]', https://h/], timeout: 1h30m } }")]
    [InlineData("repositories: { a: { uri: ./here, trust: [], compression: 0 }, B.2_c-d: { uri: 'file:///x' } }")]
    [InlineData("retention: { a: { minimumAge: 2w, largestShrink: 1 }, b: {} }")]
    [InlineData("hosts: { a: { port: 22 }, b: {} }")]
    [InlineData("notifiers: { a: { type: webhook, url: 'https://h:8443/x', headers: { X-Team: 7 }, events: [run-ended, needs-person] }, b: { type: mail, host: h, from: a@b.example, to: [c@d.example], security: none } }\nnotify: [a, b]")]
    [InlineData("clusters: { c: { endpoints: [http://c] } }\nrepositories: { r: { uri: /r } }\nschedules: { a: { cluster: c, repository: r, when: yearly, expect: { byteBudget: 1024, copies: 2 } } }")]
    public async Task What_the_binder_takes_the_schema_takes(string text)
    {
        Assert.Empty(EstateText.Bind(text).Mistakes);
        Assert.Empty(await JudgeAsync("estate", EstateText.Json(text)!.ToJsonString()));
    }

    [Fact]
    public async Task Manifests_and_proofs_as_they_are_written_satisfy_their_schemas()
    {
        var time = new DateTimeOffset(2026, 11, 22, 1, 2, 3, TimeSpan.Zero);
        var manifest = new BackupManifest
        {
            Schema = BackupManifest.CurrentSchema,
            Id = "prod-20261122T010203Z-7f3a",
            Cluster = new ManifestCluster("prod") { Members = [new ManifestMember("8e9e", "m1")] },
            Created = time,
            Completed = time,
            Origin = BackupOrigin.Streamed,
            Source = new ManifestSource("m1", "https://etcd-1:2379", Version: null),
            HashKv = uint.MaxValue,
            Verified = "Full",
            Plain = new ManifestLayer(1, "00"),
            Compression = new ManifestCompression("zstd", 3, 1, "00"),
            Object = new ManifestObject("prod/x.db", 1, "00"),
            Retention = new ManifestRetention("Compliance", time),
            Tool = "DrPowerShell",
            Host = "h",
        };
        var proof = new BackupProof
        {
            Schema = BackupProof.CurrentSchema, Backup = manifest.Id, Time = time, ObjectSha256 = "00", IsValid = true, Level = "Full", Decrypted = true, Tool = "t", Host = "h",
        };

        Assert.Empty(await JudgeAsync("backup-manifest", System.Text.Encoding.UTF8.GetString(SignedJson.Write(manifest, signer: null))));
        Assert.Empty(await JudgeAsync("backup-proof", System.Text.Encoding.UTF8.GetString(SignedJson.Write(proof, signer: null))));
        Assert.NotEmpty(await JudgeAsync("backup-manifest", """{"schema":"drpowershell.backup/1","id":"x"}"""));
        Assert.NotEmpty(await JudgeAsync("backup-proof", """{"schema":"drpowershell.proof/2"}"""));
    }

    [Fact]
    public async Task Notices_as_they_are_sent_satisfy_their_schema()
    {
        var run = Reports.SampleRuns.Of("undo-failed") with { BreakGlass = "INC-4711" };

        Assert.Empty(await JudgeAsync("notice", Core.Notifications.NoticeText.Ended(run, "dave@ops-1", isUndo: false, DateTimeOffset.UnixEpoch).ToJson()));
        Assert.NotEmpty(await JudgeAsync("notice", """{"schema":"drpowershell/notice/2"}"""));
    }

    private static async Task<string[]> JudgeAsync(string name, string json)
    {
        if (!Schemas.TryGetValue(name, out var schema))
        {
            // NJsonSchema knows the definitions of the drafts before 2019 by their old name alone.
            var text = await File.ReadAllTextAsync(Path.Combine(Folder, name + ".schema.json"), TestContext.Current.CancellationToken);
            schema = Schemas[name] = await JsonSchema.FromJsonAsync(text.Replace("$defs", "definitions", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }

        return [.. schema.Validate(json).Select(error => error.ToString())];
    }
}
