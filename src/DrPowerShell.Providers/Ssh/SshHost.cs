using System.Collections.Concurrent;
using System.Globalization;
using DrPowerShell.Core.Hosts;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Etcd.Errors;
using DrPowerShell.Providers.Sftp;

namespace DrPowerShell.Providers.Ssh;

/// <summary>Opens hosts behind SSH.</summary>
internal sealed class SshHostConnector : IHostConnector
{
    public IHost Open(HostOptions options) => new SshHost(options);
}

/// <summary>A host behind SSH: one connection for all commands, opened when it is first needed and again when it was lost.</summary>
internal sealed class SshHost(HostOptions options) : PosixHost(options)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _gate = new(1, 1);

    // What may go on there although nobody here waits for it any more: a host that froze wakes up in the middle of its command.
    private readonly ConcurrentDictionary<SshSession, byte> _left = new();
    private SshLink? _link;

    public override bool IsLocal => false;

    public override ValueTask DisposeAsync()
    {
        _link?.Dispose();
        _link = null;
        return ValueTask.CompletedTask;
    }

    protected override async Task<HostCommandResult> ExecuteAsync(IReadOnlyList<string> arguments, Stream? input, Stream? output, CancellationToken cancellationToken)
    {
        var line = string.Join(' ', new[] { "/bin/sh", "-c", SshMark.Announce, "drpowershell" }.Concat(arguments).Select(Quoted));
        if (input is null or { Length: 0 })
        {
            // SSH.NET tells the end of an input only where something came before it.
            line += " </dev/null";
        }

        while (true)
        {
            var link = await ConnectedAsync(cancellationToken).ConfigureAwait(false);
            using var place = await link.EnterAsync(cancellationToken).ConfigureAwait(false);
            using var run = new SshRun(link.Client, line);
            try
            {
                return await ExecuteAsync(link, run, input, output, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (SshLink.IsRefusal(e) && link.IsOpen && link.Running > 1)
            {
                // The server allows fewer sessions on a connection than most do: the others' turn first. Nothing was sent yet.
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HostCommandResult> ExecuteAsync(SshLink link, SshRun run, Stream? input, Stream? output, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, link.Gone);
        try
        {
            var result = await run.ExecuteAsync(input, output, stop.Token).ConfigureAwait(false);
            return run.Refusal is null ? result : throw new HostShellNotUsableException(Name, Options.User, Shortened(run.Refusal, result.ExitCode));
        }
        catch (OperationCanceledException) when (link.Gone.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Leave(link, run);
            throw new HostUnreachableException(Name, string.Create(CultureInfo.InvariantCulture, $"no sign of life for {Options.Timeout.TotalSeconds:0.#} s."));
        }
        catch (Exception e) when (e is OperationCanceledException || ReferenceEquals(e, run.OutputError))
        {
            await EndAsync(link, run).ConfigureAwait(false);
            throw;
        }
        catch (Exception e) when ((SshLink.IsBroken(e) || e is IOException) && !(SshLink.IsRefusal(e) && link.IsOpen && link.Running > 1))
        {
            Leave(link, run);
            throw new HostUnreachableException(Name, $"the connection broke: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private async Task<SshLink> ConnectedAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_link is { IsOpen: true } open)
            {
                return open;
            }

            _link?.Dispose();
            _link = null;
            ForgetFacts();
            var link = new SshLink(await OpenAsync(cancellationToken).ConfigureAwait(false), Options.Timeout);
            await EndLeftAsync(link, cancellationToken).ConfigureAwait(false);
            return _link = link;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<SshConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var authority = Options.Address.Contains(':', StringComparison.Ordinal) ? $"[{Options.Address}]" : Options.Address;
        var target = new RepositoryOptions
        {
            Name = Name,
            Uri = new Uri(string.Create(CultureInfo.InvariantCulture, $"ssh://{Uri.EscapeDataString(Options.User)}@{authority}:{Options.Port}/")),
            Sftp = Options.Access,
        };
        try
        {
            // Whether a host that is silent still lives is asked by the link: a slow disk there may keep a window shut for long.
            var patience = new SftpPatience { Connect = Options.Timeout, Answer = TimeSpan.FromHours(1), KeepAlive = Options.Timeout / 2 };
            return await SshConnection.OpenAsync(target, patience, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreTimedOutException e)
        {
            throw new HostUnreachableException(Name, $"{Reason(e)[..^1]} took longer than {Options.Timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} s.", e);
        }
        catch (Exception e) when (e is StoreUnreachableException or StoreFailedException)
        {
            throw new HostUnreachableException(Name, Reason(e), e);
        }
        catch (StoreCredentialsRejectedException e)
        {
            throw new HostLoginRefusedException(Name, Reason(e), e);
        }
        catch (StoreCredentialsMissingException e)
        {
            throw new HostCredentialsMissingException(Name, Reason(e), e);
        }
        catch (StoreHostKeyUnknownException e)
        {
            throw new HostKeyUnknownException(Name, e.Message, e);
        }
        catch (StoreHostKeyMismatchException e)
        {
            throw new HostKeyMismatchException(Name, e.Message, e);
        }
        catch (StoreHostKeyRevokedException e)
        {
            throw new HostKeyRevokedException(Name, e.Message, e);
        }
    }

    // Over another session of the same connection, or over another connection where the server allows one session only.
    private async Task EndAsync(SshLink link, SshRun run)
    {
        using var limit = new CancellationTokenSource(Options.Timeout);
        try
        {
            if (await run.Session.WaitAsync(limit.Token).ConfigureAwait(false) is not { } session)
            {
                return;
            }

            var line = string.Join(' ', EndOf(session.Id).Select(Quoted));
            try
            {
                await EndAsync(link.Client, line, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (SshLink.IsRefusal(e) && link.IsOpen)
            {
                using var other = await OpenAsync(limit.Token).ConfigureAwait(false);
                await EndAsync(other.Client, line, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RecoveryException || SshLink.IsBroken(e))
        {
            Leave(link, run);
        }
    }

    // Before anything else is asked there: what is seen must not be changed by what was begun over a connection that is lost.
    private async Task EndLeftAsync(SshLink link, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Options.Timeout);
        try
        {
            foreach (var session in _left.Keys)
            {
                await EndAsync(link.Client, string.Join(' ', EndOf(session.Id, session.Begun, session.Boot).Select(Quoted)), limit.Token).ConfigureAwait(false);
                _left.TryRemove(session, out _);
            }
        }
        catch (Exception e) when (e is OperationCanceledException || SshLink.IsBroken(e))
        {
            link.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new HostUnreachableException(Name, "what ran there when the connection was lost could not be ended.", e);
        }
    }

    private static Task EndAsync(Renci.SshNet.SshClient client, string line, CancellationToken cancellationToken) => Threads.Run(() =>
    {
        using var end = client.CreateCommand(line);
        end.Execute();
    }).WaitAsync(cancellationToken);

    private void Leave(SshLink link, SshRun run)
    {
        if (run.Session is { IsCompletedSuccessfully: true, Result: { Begun.Length: > 0, Boot.Length: > 0 } session })
        {
            _left[session] = 0;
        }

        Interlocked.CompareExchange(ref _link, null, link);
        link.Dispose();
    }

    // The errors of a connection tell its address before a colon; the host's name takes that place.
    private static string Reason(Exception error) => error.Message[(error.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];

    private static string Shortened(string printed, int code) =>
        printed.Split('\n')[^1].Trim().TrimEnd('.') is { Length: > 0 } last ? last[..Math.Min(last.Length, 200)] : string.Create(CultureInfo.InvariantCulture, $"exit code {code}");

    private static string Quoted(string argument) => "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
