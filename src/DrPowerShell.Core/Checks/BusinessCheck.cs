using System.Net.Sockets;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Checks.Probes;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Checks;

/// <summary>Asks what a check says, again and again until the answer passes or the deadline has come; then the last failure is told.</summary>
public static class BusinessCheck
{
    /// <summary>Runs one check to its end; a failure of what is asked is a result and no exception.</summary>
    /// <param name="check">The check.</param>
    /// <param name="world">What it reaches the outside through.</param>
    /// <param name="progress">Told of each attempt that failed, in one line.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CheckNotPossibleException">It needs something that is not there where it runs: to ask again would not help.</exception>
    /// <exception cref="CheckScriptChangedException">Its script is not the one that the plan was made with.</exception>
    public static async Task<CheckResult> RunAsync(CheckSection check, CheckWorld world, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var probe = Probe(check, world);
        var start = world.Clock.GetTimestamp();
        using var deadline = new CancellationTokenSource(check.Deadline, world.Clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        ProbeAnswer? before = null;
        for (var attempt = 1; ; attempt++)
        {
            var answer = await AskAsync(probe, check, world.Clock, end.Token, cancellationToken).ConfigureAwait(false);
            // An attempt that the deadline cut off tells less than the one before it.
            answer = answer.IsCut ? before ?? answer : answer;
            before = answer;
            if (!answer.Passed)
            {
                progress?.Report($"{check.Name}: {answer.Text}");
                try
                {
                    await Task.Delay(check.Interval, world.Clock, end.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    // The deadline ends the pause; below it ends the check.
                }
            }

            if (answer.Passed || deadline.IsCancellationRequested)
            {
                return new CheckResult
                {
                    Name = check.Name,
                    Kind = check.Type,
                    Passed = answer.Passed,
                    Attempts = attempt,
                    Duration = world.Clock.GetElapsedTime(start),
                    Latency = answer.Latency,
                    Text = answer.Text,
                };
            }
        }
    }

    private static CheckProbe Probe(CheckSection check, CheckWorld world) => check.Type switch
    {
        CheckKind.Http => new HttpProbe(check, world),
        CheckKind.Tcp => new TcpProbe(check, world),
        CheckKind.Dns => new DnsProbe(check, world),
        CheckKind.Sql => new SqlProbe(check, world),
        CheckKind.EtcdKey => new EtcdKeyProbe(check, world),
        CheckKind.KubernetesCount => new KubernetesProbe(check, world),
        CheckKind.Command => new CommandProbe(check, world),
        CheckKind.Script => new ScriptProbe(check, world),
        _ => throw new CheckNotPossibleException(check.Name, $"{check.Type} is no type of check."),
    };

    private static async Task<ProbeAnswer> AskAsync(CheckProbe probe, CheckSection check, TimeProvider clock, CancellationToken end, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(check.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, limit.Token);
        var start = clock.GetTimestamp();
        try
        {
            var answer = await probe.AskAsync(either.Token).ConfigureAwait(false);
            var latency = answer.Latency ?? clock.GetElapsedTime(start);
            return answer.Passed && check.MaxLatency is { } most && latency > most
                ? new ProbeAnswer(false, $"{answer.Text}, but it took {ProbeText.Time(latency)} and may take {ProbeText.Time(most)} at most") { Latency = latency }
                : answer with { Latency = latency };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeAnswer(false, $"no answer within {ProbeText.Time(clock.GetElapsedTime(start))}") { IsCut = !limit.IsCancellationRequested };
        }
        catch (RecoveryException e) when (e is not (CheckNotPossibleException or CheckScriptChangedException))
        {
            return new ProbeAnswer(false, (e as CheckNotAnsweredException)?.Reason ?? e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return new ProbeAnswer(false, ProbeText.Reason(e));
        }
    }
}
