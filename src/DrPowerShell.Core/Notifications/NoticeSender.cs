using System.Diagnostics.CodeAnalysis;
using DrPowerShell.Core.Journal;
using DrPowerShell.Core.Notifications.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Notifications;

/// <summary>Sends notices in the background, each to those who asked for it, and keeps what did not get through. Thread safe.</summary>
/// <remarks>
/// A recovery never waits long for it and never fails of it: each attempt has a deadline, attempts are counted, and <see cref="FlushAsync"/> gives up
/// on what is still under way.
/// </remarks>
/// <param name="notifiers">To whom.</param>
/// <param name="redactor">Knows the secrets that nothing may hold.</param>
/// <param name="warn">Told at once of each notice that did not get through; null for nobody.</param>
/// <param name="time">The clock.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It has neither timer nor handle, and what was left behind may still look at it.")]
public sealed class NoticeSender(IReadOnlyList<INotifier> notifiers, Redactor redactor, Action<string>? warn = null, TimeProvider? time = null)
{
    // How long a notice waits for the one before it to the same notifier, so that they arrive in order where all goes well.
    private static readonly TimeSpan InOrder = TimeSpan.FromSeconds(2);

    // What an implementation may take to obey its token; then it is left behind.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private const string TooLate = "it had not answered when the run ended.";

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly CancellationTokenSource _late = new();
    private readonly object _gate = new();
    private readonly Dictionary<INotifier, Task> _last = [];
    private readonly List<Delivery> _deliveries = [];

    /// <summary>How long <see cref="FlushAsync"/> waits at most.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause after the first failed attempt; it doubles with each further one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Begins to send; returns at once.</summary>
    /// <returns>Ends when the notice got through to everybody, or was given up; never fails.</returns>
    public Task Send(Notice notice)
    {
        var clean = Clean(notice);
        lock (_gate)
        {
            return Task.WhenAll([.. notifiers.Select(notifier => (Notifier: notifier, Notice: For(notifier, clean))).Where(one => one.Notice is not null).Select(one => Begin(one.Notifier, one.Notice!))]);
        }
    }

    /// <summary>Waits until everything got through or was given up, up to <see cref="Patience"/>.</summary>
    /// <returns>What did not get through and was not told by an earlier call: one sentence each, without secrets.</returns>
    public async Task<IReadOnlyList<string>> FlushAsync()
    {
        List<Delivery> all;
        lock (_gate)
        {
            all = [.. _deliveries];
        }

        try
        {
            await Task.WhenAll(all.Select(one => one.Done)).WaitAsync(Patience, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _late.CancelAsync().ConfigureAwait(false);
            foreach (var one in all.Where(one => !one.Done.IsCompleted))
            {
                Fail(one, TooLate);
            }
        }

        lock (_gate)
        {
            _deliveries.RemoveAll(all.Contains);
            return [.. all.Select(one => one.Failure).OfType<string>()];
        }
    }

    private Task Begin(INotifier notifier, Notice notice)
    {
        var before = _last.GetValueOrDefault(notifier, Task.CompletedTask);
        var delivery = new Delivery(notifier.Options.Name, notice.Event);
        _deliveries.Add(delivery);
        return _last[notifier] = delivery.Done = Task.Run(() => DeliverAsync(delivery, notifier, notice, before));
    }

    private async Task DeliverAsync(Delivery delivery, INotifier notifier, Notice notice, Task before)
    {
        await Task.WhenAny(before, Task.Delay(InOrder, _time, _late.Token)).ConfigureAwait(false);
        var options = notifier.Options;
        for (var attempt = 1; ; attempt++)
        {
            var (reason, mayPass) = await AttemptAsync(notifier, notice, options.Timeout).ConfigureAwait(false);
            if (reason is null)
            {
                return;
            }

            if (!mayPass || attempt >= options.Attempts || _late.IsCancellationRequested)
            {
                Fail(delivery, reason);
                return;
            }

            await Task.WhenAny(Task.Delay(Pause * Math.Pow(2, attempt - 1), _time, _late.Token)).ConfigureAwait(false);
        }
    }

    private async Task<(string? Reason, bool MayPass)> AttemptAsync(INotifier notifier, Notice notice, TimeSpan timeout)
    {
        using var expiry = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, _late.Token);
        try
        {
            await Task.Run(() => notifier.SendAsync(notice, either.Token), either.Token).WaitAsync(timeout + Grace, _time, CancellationToken.None).ConfigureAwait(false);
            return (null, false);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            // Which of the two ended it is told by whoever sees it first: this one, or the flush.
            return (_late.IsCancellationRequested && !expiry.IsCancellationRequested
                ? TooLate
                : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0.#} s."), true);
        }
#pragma warning disable CA1031 // Whatever a notifier throws must not stop a recovery.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e switch
            {
                NotifierNotReachedException known => (known.Reason, true),
                NotifierRefusedException known => (known.Reason, false),
                NotifierNotUsableException known => (known.Reason, false),
                _ => (NoticeReason.Of(e), true),
            };
        }
    }

    private void Fail(Delivery delivery, string reason)
    {
        var text = redactor.Clean($"The notifier '{delivery.Name}' was not reached for {NoticeText.Word(delivery.Event)}: {reason}");
        lock (_gate)
        {
            if (delivery.Failure is not null)
            {
                return;
            }

            delivery.Failure = text;
        }

        warn?.Invoke(text);
    }

    // Once, by the first of its events that the notifier asked for.
    private static Notice? For(INotifier notifier, Notice notice) =>
        notifier.Options.Takes(notice.Event) ? notice
        : notice.AlsoEvent is { } other && notifier.Options.Takes(other) ? notice with { Event = other, AlsoEvent = null }
        : null;

    private Notice Clean(Notice notice) => notice with
    {
        Title = redactor.Clean(notice.Title),
        Text = redactor.Clean(notice.Text),
        Reason = notice.Reason is null ? null : redactor.Clean(notice.Reason),
        BreakGlass = notice.BreakGlass is null ? null : redactor.Clean(notice.BreakGlass),
    };

    private sealed class Delivery(string name, NoticeEvent which)
    {
        public string Name { get; } = name;

        public NoticeEvent Event { get; } = which;

        public Task Done { get; set; } = Task.CompletedTask;

        public string? Failure { get; set; }
    }
}
