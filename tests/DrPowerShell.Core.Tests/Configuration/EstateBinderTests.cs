using DrPowerShell.Core.Configuration;
using DrPowerShell.Core.Configuration.Binding;
using DrPowerShell.Core.Configuration.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Etcd.Snapshots;
using Xunit;

namespace DrPowerShell.Core.Tests.Configuration;

public sealed class EstateBinderTests
{
    private const string Secret = "hunter2-planted";

    // The code is the same on both frameworks: the older one is held to a sample.
#if NET10_0_OR_GREATER
    private const int Mutations = 2000;
#else
    private const int Mutations = 200;
#endif

    [Theory]
    // Unknown keys, at the top and below, with the nearest known one.
    [InlineData("cluster: {}", 1, 1, "", "the unknown key 'cluster'", "did you mean clusters?")]
    [InlineData("repositories:\n  a:\n    uri: s3://b\n    recipents: []", 4, 5, "repositories.a", "the unknown key 'recipents'", "one of uri, place, offsite, lock")]
    [InlineData("repositories: { a: { uri: s3://b, unfinishedAftr: 1d } }", 1, 35, "repositories.a", "the unknown key 'unfinishedAftr'", "did you mean unfinishedAfter?")]
    // Wrong kinds.
    [InlineData("clusters: [a]", 1, 11, "clusters", "a list of 1", "a mapping from names")]
    [InlineData("clusters:\n  a: https://h", 2, 6, "clusters.a", "a text of its own", "a mapping with endpoints")]
    [InlineData("clusters: { a: { endpoints: https://h } }", 1, 29, "clusters.a.endpoints", "'https://h'", "put it in [ ]")]
    [InlineData("clusters: { a: { endpoints: [] } }", 1, 29, "clusters.a.endpoints", "an empty list", "at least 1")]
    [InlineData("clusters: { a: { endpoints: [https://h], user: 5 } }", 1, 48, "clusters.a.user", "the number 5", "put it in quotes")]
    [InlineData("retention: { a: { last: many } }", 1, 25, "retention.a.last", "'many'", "a whole number from 0 to 1000000")]
    [InlineData("retention: { a: { last: 1.5 } }", 1, 25, "retention.a.last", "the number 1.5", "a whole number")]
    [InlineData("repositories: { a: { uri: s3://b, offsite: yes } }", 1, 44, "repositories.a.offsite", "'yes'", "true or false")]
    [InlineData("repositories: { a: { uri: s3://b, lock: { mode: complience, days: 1 } } }", 1, 49, "repositories.a.lock.mode", "'complience'", "did you mean compliance?")]
    [InlineData("repositories: { a: { uri: s3://b, compression: 23 } }", 1, 48, "repositories.a.compression", "the number 23", "from 0 to 22")]
    // Missing keys.
    [InlineData("clusters:\n  a:\n    user: u", 3, 5, "clusters.a", "no key 'endpoints'", "it to be there")]
    // Texts of a form.
    [InlineData("clusters: { a: { endpoints: [etcd-1] } }", 1, 30, "clusters.a.endpoints[0]", "'etcd-1'", "a client URL")]
    [InlineData("repositories: { a: { uri: ftp://h/x } }", 1, 27, "repositories.a.uri", "'ftp://h/x'", "s3://bucket/prefix")]
    [InlineData("repositories: { a: { uri: 's3://b?ednpoint=x' } }", 1, 27, "repositories.a.uri", "'s3://b?ednpoint=x'", "endpoint=URL")]
    [InlineData("repositories: { a: { uri: s3://b, proofEvery: 30 } }", 1, 47, "repositories.a.proofEvery", "the number 30", "with its unit")]
    [InlineData("repositories: { a: { uri: s3://b, proofEvery: 6 hours } }", 1, 47, "repositories.a.proofEvery", "'6 hours'", "2h30m")]
    [InlineData("retention: { a: { timeZone: Europe/Berlim } }", 1, 29, "retention.a.timeZone", "'Europe/Berlim'", "did you mean Europe/Berlin?")]
    [InlineData("retention: { a: { timeZone: /etc/passwd } }", 1, 29, "retention.a.timeZone", "'/etc/passwd'", "a time zone")]
    [InlineData("recipients: { a: age1qqqq }", 1, 18, "recipients.a", "'age1qqqq'", "checksum")]
    [InlineData("repositories: { a: { uri: sftp://u@h/x, sftp: { jump: [{ host: 'u@h:99999' }] } } }", 1, 64, "repositories.a.sftp.jump[0].host", "'u@h:99999'", "user@host:port")]
    // Keys that ask for or exclude each other.
    [InlineData("clusters: { a: { endpoints: [https://h], password: 'env:X' } }", 1, 52, "clusters.a", "'password' alone", "'user' beside it")]
    [InlineData("repositories: { a: { uri: /r, lock: { mode: compliance, days: 1 } } }", 1, 37, "repositories.a", "'lock' for a repository that is not s3://", "begins with s3://")]
    [InlineData("repositories: { a: { uri: s3://b, s3: { accessKey: 'env:X' } } }", 1, 52, "repositories.a.s3", "'accessKey' alone", "'secretKey' beside it")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: {} } }", 1, 44, "repositories.a.encrypt", "nobody to encrypt to", "recipients")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: { recipientFiles: [f], passphrase: 'env:X' } } }", 1, 79, "repositories.a.encrypt", "a passphrase beside recipients", "no mix")]
    [InlineData("notifiers: { a: { type: webhok } }", 1, 25, "notifiers.a.type", "'webhok'", "did you mean webhook?")]
    [InlineData("notifiers: { a: { type: webhook } }", 1, 17, "notifiers.a", "neither 'url' nor 'secretUrl'", "one of the two")]
    [InlineData("notifiers: { a: { type: webhook, url: 'https://h/x', secretUrl: 'env:X' } }", 1, 17, "notifiers.a", "'url' beside 'secretUrl'", "one of the two")]
    [InlineData("notifiers: { a: { type: webhook, url: 'https://h/hunter2', format: slack } }", 1, 39, "notifiers.a", "a chat's webhook, which is a secret", "'secretUrl'")]
    [InlineData("notifiers: { a: { type: webhook, url: 'https://h/x?key=hunter2' } }", 1, 39, "notifiers.a.url", "a text of its own (not shown here)", "secretUrl")]
    [InlineData("notifiers: { a: { type: webhook, url: 'https://h', headers: { Authorization: hunter2 } } }", 1, 63, "notifiers.a", "the header 'Authorization', whose value is a secret", "secretHeaders")]
    [InlineData("notifiers: { a: { type: webhook, url: 'https://h', program: /x } }", 1, 52, "notifiers.a", "'program' in a notifier of type webhook", "secretHeaders")]
    [InlineData("notifiers: { a: { type: command } }", 1, 17, "notifiers.a", "a notifier of type command without 'program'", "'program'")]
    [InlineData("notifiers: { a: { type: mail, host: h, from: a@b, to: [oncall] } }", 1, 56, "notifiers.a.to[0]", "'oncall'", "an address such as")]
    [InlineData("notifiers: { a: { type: mail, host: h, from: a@b, to: [] } }", 1, 17, "notifiers.a", "a notifier of type mail without 'to'", "'to'")]
    [InlineData("notifiers: { a: { type: mail, host: h, from: a@b, to: [c@d], user: u, password: 'env:X', security: none } }", 1, 81, "notifiers.a", "a password for a connection without encryption", "starttls or tls")]
    [InlineData("notifiers: { a: { type: command, program: /x, events: [] } }", 1, 55, "notifiers.a.events", "an empty list", "at least 1")]
    [InlineData("notifiers: { a: { type: command, program: /x, events: [break-glas] } }", 1, 56, "notifiers.a.events[0]", "'break-glas'", "did you mean break-glass?")]
    // Names.
    [InlineData("notifiers: { pager: { type: command, program: /x } }\nnotify: [pagr]", 2, 10, "notify", "the name 'pagr', which notifiers does not have", "did you mean pager?")]
    [InlineData("notifiers: { pager: { type: command, program: /x } }\nclusters: { a: { endpoints: [https://h], notify: [pagr] } }", 2, 51, "clusters.a.notify", "the name 'pagr', which notifiers does not have", "did you mean pager?")]
    [InlineData("clusters: { 'a b': { endpoints: [https://h] } }", 1, 13, "clusters", "the name 'a b'", "letters, digits")]
    [InlineData("hosts: { etcd-1: {} }\nclusters: { a: { endpoints: [https://h], hosts: [etcd1] } }", 2, 50, "clusters.a.hosts", "the name 'etcd1', which hosts does not have", "did you mean etcd-1?")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: { recipients: [opps] } } }\nrecipients: {}", 1, 59, "repositories.a.encrypt.recipients", "the name 'opps', which recipients does not have", "nothing")]
    public void A_mistake_is_told_with_its_place_what_was_found_and_what_was_expected(string text, int line, int column, string key, string found, string expected)
    {
        var mistake = Assert.Single(EstateText.Bind(text).Mistakes);

        Assert.Equal((line, column, key), (mistake.Line, mistake.Column, mistake.Key));
        Assert.Contains(found, mistake.Found, StringComparison.Ordinal);
        Assert.Contains(expected, mistake.Expected, StringComparison.Ordinal);
        Assert.StartsWith($"{EstateText.File}({line},{column}): ", mistake.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("when: 99 * * * *", "'99 * * * *'", "a cron expression")]
    [InlineData("when: 0 2 * *", "'0 2 * *'", "a cron expression")]
    [InlineData("when: 0 0 30 2 *", "'0 0 30 2 *'", "comes to pass")]
    [InlineData("when: nightly", "'nightly'", "hourly, daily")]
    [InlineData("when: daily\n    level: ful", "'ful'", "did you mean full?")]
    [InlineData("when: daily\n    expect: { byteBudget: 10 gigs }", "'10 gigs'", "10GB")]
    [InlineData("when: daily\n    expect: { copies: 0 }", "the number 0", "from 1 to 100")]
    [InlineData("when: daily\n    copyTo: [r]", "'r', where the backup is stored already", "other repositories")]
    [InlineData("when: daily\n    copyTo: [q]", "the name 'q', which repositories does not have", "r")]
    [InlineData("when: daily\n    retention: standard", "the name 'standard', which retention does not have", "nothing")]
    public void A_mistake_in_a_schedule_is_told(string lines, string found, string expected)
    {
        var text = $"clusters: {{ c: {{ endpoints: [https://h] }} }}\nrepositories: {{ r: {{ uri: s3://b }} }}\nschedules:\n  s:\n    cluster: c\n    repository: r\n    {lines}";

        var mistake = Assert.Single(EstateText.Bind(text).Mistakes);

        Assert.Contains(found, mistake.Found, StringComparison.Ordinal);
        Assert.Contains(expected, mistake.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_come_at_once_in_the_order_of_the_file()
    {
        const string text = """
            schedules:
              nightly: { cluster: prd, repository: offsite, when: daily, timeZone: Mars }
            clusters:
              prod: { endpoint: [https://h] }
            repositories:
              offsite: { uri: s3://b, compression: high }
            """;

        var mistakes = EstateText.Bind(text).Mistakes;

        Assert.Equal([2, 2, 4, 4, 6], mistakes.Select(one => one.Line));
        var error = new EstateNotValidException(EstateText.File, mistakes);
        Assert.All(mistakes, mistake => Assert.Contains(mistake.ToString(), error.Message, StringComparison.Ordinal));
        Assert.Contains("did you mean prod?", error.Message, StringComparison.Ordinal);
        Assert.Equal(1 + mistakes.Count, error.Message.Split('\n').Length);
    }

    [Fact]
    public void Thousands_of_mistakes_make_a_message_that_can_be_read()
    {
        var text = "hosts:\n" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"  h{i}: {{ prt: 1 }}\n"));

        var mistakes = EstateText.Bind(text).Mistakes;

        Assert.Equal(500, mistakes.Count);
        Assert.Equal(22, new EstateNotValidException("f", mistakes).Message.Split('\n').Length);
    }

    [Theory]
    [InlineData("clusters: { a: { endpoints: [https://h], user: u, password: " + Secret + " } }")]
    [InlineData("clusters: { a: { endpoints: [https://h], user: u, password: [" + Secret + "] } }")]
    [InlineData("clusters: { a: { endpoints: [https://h], user: u, pasword: " + Secret + " } }")]
    [InlineData("clusters: { a: " + Secret + " }")]
    [InlineData("clusters: { a: { endpoints: ['https://u:" + Secret + "@h'] } }")]
    [InlineData("repositories: { a: { uri: 'sftp://u:" + Secret + "@h/x' } }")]
    [InlineData("repositories: { a: { uri: 'sftp:/u:" + Secret + "@h/x' } }")]
    [InlineData("repositories: { a: { uri: 's3://b?endpoint=https://u:" + Secret + "@h' } }")]
    [InlineData("repositories: { a: { uri: 's3://b?endpoint=https%3A%2F%2Fu%3A" + Secret + "%40h' } }")]
    [InlineData("repositories: { a: { uri: s3://b, s3: { accessKey: env:A, secretKey: " + Secret + " } } }")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: { passphrase: 'env:" + Secret + "' } } }")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: { recipients: [AGE-SECRET-KEY-1" + Secret + "] } } }")]
    [InlineData("repositories: { a: { uri: s3://b, encrypt: { recipients: [ops], identities: [AGE-SECRET-KEY-1" + Secret + "] } } }\nrecipients: { ops: AGE-SECRET-KEY-1" + Secret + " }")]
    [InlineData("repositories: { a: { uri: s3://b, sign: { key: '-----BEGIN PRIVATE KEY----- " + Secret + "' } } }")]
    public void What_may_be_a_secret_is_not_repeated(string text)
    {
        var mistakes = EstateText.Bind(text).Mistakes;

        Assert.NotEmpty(mistakes);
        Assert.DoesNotContain(Secret, string.Join('\n', mistakes), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_example_says_what_it_looks_like()
    {
        var (estate, mistakes) = EstateText.Bind(File.ReadAllText(EstateText.Example), EstateText.Example);

        Assert.Empty(mistakes);
        Assert.Equal(["prod", "lab"], estate.ClusterNames);
        Assert.Equal(["nearby", "offsite", "vault"], estate.RepositoryNames);
        var nightly = estate.Schedule("nightly");
        Assert.Equal("15 2 * * *", nightly.Expression);
        Assert.Equal("Europe/Berlin", nightly.TimeZone.Id);
        Assert.Equal(VerificationLevel.Full, nightly.Level);
        Assert.Equal((TimeSpan.FromHours(26), 3, true, 20_000_000_000L), (nightly.Expectations.Rpo, nightly.Expectations.Copies, nightly.Expectations.Offsite, nightly.Expectations.ByteBudget));
        Assert.Equal((24, TimeSpan.FromDays(2)), (nightly.Retention!.Hourly, nightly.Retention.MinimumAge));
        Assert.Equal("0 0 * * 1", estate.Schedule("lab").Expression);
        Assert.Equal(Path.Combine(Path.GetDirectoryName(EstateText.Example)!, "pki", "etcd-ca.crt"), estate.Clusters["prod"].CaCertificate);
        Assert.Equal("vault.example.net", estate.Describe("vault").Uri.Host);
        Assert.StartsWith("age1", estate.Describe("offsite").Recipients[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_becomes_of_the_example_the_answer_is_mistakes_or_a_typed_error()
    {
        var original = File.ReadAllText(EstateText.Example);
        var random = new Random(20261122);
        var refused = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var text = Mutate(original, random);
            try
            {
                refused += EstateText.Bind(text).Mistakes.Count > 0 ? 1 : 0;
            }
            catch (RecoveryException e)
            {
                Assert.IsType<EstateNotReadableException>(e);
                refused++;
            }
        }

        Assert.InRange(refused, Mutations / 2, Mutations);
    }

    private static string Mutate(string text, Random random)
    {
        const string bits = "{}[]:,&*!|>'\"%@`#-?\t\n \0<<~age1env:\\é😀0.e";
        var chars = text.ToList();
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(chars.Count);
            switch (random.Next(4))
            {
                case 0:
                    chars[at] = bits[random.Next(bits.Length)];
                    break;
                case 1:
                    chars.Insert(at, bits[random.Next(bits.Length)]);
                    break;
                case 2:
                    chars.RemoveRange(at, Math.Min(random.Next(1, 40), chars.Count - at));
                    break;
                default:
                    chars.InsertRange(at, chars.Skip(random.Next(chars.Count)).Take(random.Next(60)).ToArray());
                    break;
            }
        }

        return string.Concat(chars);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("6h", 21600)]
    [InlineData("2h30m", 9000)]
    [InlineData("1d", 86400)]
    [InlineData("1w1d1h1m1s", 694861)]
    public void Durations_are_what_they_say(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), EstateText.Bind($"retention: {{ a: {{ minimumAge: {text} }} }}").Estate.Retention["a"].MinimumAge);

    [Theory]
    [InlineData("1024", 1024)]
    [InlineData("1KB", 1000)]
    [InlineData("1.5 KiB", 1536)]
    [InlineData("10GB", 10_000_000_000)]
    [InlineData("2TiB", 2_199_023_255_552)]
    public void Sizes_are_what_they_say(string text, long bytes) =>
        Assert.Equal(bytes, new SizeValue().Read(new YamlScalar(1, 1, text, IsPlain: true), EstateSources.For("/f")));

    [Theory]
    [InlineData("9999999999999999999")]
    [InlineData("999999999PB")]
    [InlineData("-1")]
    [InlineData("0GB")]
    [InlineData("1.GB")]
    public void Sizes_that_are_none_are_refused(string text) =>
        Assert.IsType<Refusal>(new SizeValue().Read(new YamlScalar(1, 1, text, IsPlain: true), EstateSources.For("/f")));

    [Theory]
    [InlineData("clusers", "clusters")]
    [InlineData("lsat", "last")]
    [InlineData("RETENTION", "retention")]
    [InlineData("zebra", null)]
    public void The_nearest_name_is_the_one_that_was_meant(string typed, string? expected) =>
        Assert.Equal(expected, NearestName.Of(typed, ["clusters", "last", "retention"]));
}
