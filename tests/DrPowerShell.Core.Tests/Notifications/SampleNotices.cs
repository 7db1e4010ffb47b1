using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Secrets;
using DrPowerShell.Core.Tests.Configuration;
using Xunit;

namespace DrPowerShell.Core.Tests.Notifications;

/// <summary>Notices, and notifiers as an estate describes them.</summary>
internal static class SampleNotices
{
    public const string Token = "planted-token-T024BE7LD";

    public static Notice Of(NoticeEvent which, string title = "Restore of prod begun by dave@ops-1", string text = "31 steps, on etcd-1 & <etcd-2>.\nRun restore-1") => new()
    {
        Event = which, Time = new(2026, 11, 22, 14, 15, 30, TimeSpan.Zero), Run = "restore-1", Kind = "restore", Cluster = "prod", Operator = "dave@ops-1", Title = title, Text = text,
    };

    /// <summary>The notifier of an estate's lines, whose secrets are what the test says.</summary>
    public static INotifier Open(string section, string secret = Token)
    {
        var (estate, mistakes) = EstateText.Bind($"notifiers:\n  one: {section}\nnotify: [one]\nclusters: {{ prod: {{ endpoints: [http://h] }} }}");
        Assert.Empty(mistakes);
        return Assert.Single(estate.NotifiersOf("prod", new Only(secret)));
    }

    /// <summary>A sender that is in no hurry to give up, and in a hurry to try again.</summary>
    public static NoticeSender Sender(params INotifier[] notifiers) => new(notifiers, new Redactor()) { Pause = TimeSpan.FromMilliseconds(20) };

    private sealed class Only(string secret) : ISecretSource
    {
        public string Read(SecretReference reference) => reference.Name == "MISSING" ? throw new SecretNotFoundException(reference, "the environment variable is not set") : secret;
    }
}
