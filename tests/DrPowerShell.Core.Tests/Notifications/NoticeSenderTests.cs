using System.Collections.Concurrent;
using System.Diagnostics;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Notifications;
using DrPowerShell.Core.Ports;
using Xunit;

namespace DrPowerShell.Core.Tests.Notifications;

/// <summary>Who is told what, in which order, and for how long anybody waits for it.</summary>
public sealed class NoticeSenderTests
{
    [Fact]
    public async Task Each_is_told_of_what_it_asked_for_and_once_a_notice()
    {
        var (all, pager, ends) = (new Told(), new Told(NoticeEvent.NeedsPerson, NoticeEvent.BreakGlass), new Told(NoticeEvent.RunEnded));
        var sender = SampleNotices.Sender(all, pager, ends);

        _ = sender.Send(SampleNotices.Of(NoticeEvent.RunBegun));
        _ = sender.Send(SampleNotices.Of(NoticeEvent.BreakGlass));
        _ = sender.Send(SampleNotices.Of(NoticeEvent.NeedsPerson) with { AlsoEvent = NoticeEvent.RunEnded });
        Assert.Empty(await sender.FlushAsync());

        Assert.Equal([NoticeEvent.RunBegun, NoticeEvent.BreakGlass, NoticeEvent.NeedsPerson], all.Events);
        Assert.Equal([NoticeEvent.BreakGlass, NoticeEvent.NeedsPerson], pager.Events);
        Assert.Equal([NoticeEvent.RunEnded], ends.Events);
    }

    [Fact]
    public async Task A_slow_one_holds_up_neither_the_caller_nor_the_others_nor_for_long_the_next_notice()
    {
        var (slow, quick) = (new Told { First = TimeSpan.FromMinutes(5) }, new Told());
        var sender = new NoticeSender([slow, quick], new Redactor()) { Patience = TimeSpan.FromSeconds(4) };
        var clock = Stopwatch.StartNew();

        _ = sender.Send(SampleNotices.Of(NoticeEvent.RunBegun));
        _ = sender.Send(SampleNotices.Of(NoticeEvent.BreakGlass));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"{clock.Elapsed}");
        var missed = await sender.FlushAsync();

        Assert.Equal(["The notifier 'told' was not reached for run-begun: it had not answered when the run ended."], missed);
        Assert.Equal([NoticeEvent.RunBegun, NoticeEvent.BreakGlass], quick.Events);
        Assert.Equal([NoticeEvent.BreakGlass], slow.Events);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"{clock.Elapsed}");
        Assert.Empty(await sender.FlushAsync());
    }

    [Fact]
    public async Task Whatever_a_notifier_throws_is_told_at_once_and_without_secrets()
    {
        var (redactor, warnings) = (new Redactor(), new ConcurrentQueue<string>());
        redactor.Add(SampleNotices.Token);
        var broken = new Told { Error = new InvalidOperationException($"boom at {SampleNotices.Token}\nand more") };
        var sender = new NoticeSender([broken], redactor, warnings.Enqueue) { Pause = TimeSpan.FromMilliseconds(1) };

        await sender.Send(SampleNotices.Of(NoticeEvent.RunEnded, text: $"said {SampleNotices.Token}"));

        Assert.Equal(["The notifier 'told' was not reached for run-ended: boom at *** and more."], warnings);
        Assert.Equal(warnings, await sender.FlushAsync());
        Assert.All(broken.Texts, text => Assert.Equal("said ***", text));
        Assert.Equal(3, broken.Texts.Count);
    }

    private sealed class Told(params NoticeEvent[] events) : INotifier
    {
        private int _sent;

        public NotifierOptions Options { get; } = new() { Name = "told", Kind = NotifierKind.Command, Events = events, Timeout = TimeSpan.FromMinutes(10) };

        public TimeSpan First { get; init; }

        public Exception? Error { get; init; }

        public ConcurrentQueue<NoticeEvent> Events { get; } = new();

        public ConcurrentQueue<string> Texts { get; } = new();

        public async Task SendAsync(Notice notice, CancellationToken cancellationToken)
        {
            Texts.Enqueue(notice.Text);
            if (Interlocked.Increment(ref _sent) == 1)
            {
                await Task.Delay(First, cancellationToken);
            }

            if (Error is not null)
            {
                throw Error;
            }

            Events.Enqueue(notice.Event);
        }
    }
}
