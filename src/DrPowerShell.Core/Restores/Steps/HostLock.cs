using System.Security.Cryptography;
using System.Text.Json;
using DrPowerShell.Core.Hosts.Errors;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Restores.Errors;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Who asks for a lock.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Breaks">A run whose lock may be taken over; null for none.</param>
/// <param name="IsHeld">Whether the run has the lock by its journal: then it must be there.</param>
/// <param name="IsPast">Whether clients have been let in by its journal.</param>
internal sealed record LockClaim(string Run, string? Breaks, bool IsHeld, bool IsPast = false);

/// <summary>What a lock file on a machine tells: which run works there, and which process runs it.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Owner">user@host of its process.</param>
/// <param name="Since">UTC, by the owner's clock.</param>
/// <param name="BootId">The boot of the machine that is locked.</param>
/// <param name="Holder">Its process.</param>
/// <param name="IsPast">Whether the run has let clients in, or is about to.</param>
internal sealed record HostLock(string Run, string Owner, DateTimeOffset Since, string BootId, LockHolder? Holder = null, bool IsPast = false)
{
    private const string Aside = ".taken-";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Takes the lock of a member's data directory for a run; a lock that an earlier, dead process of the same run left is taken over.</summary>
    /// <exception cref="HostLockedException">Another run has it.</exception>
    /// <exception cref="HostLockedElsewhereException">Another process has it for the same run, or may have.</exception>
    /// <exception cref="HostLockGoneException">The run had it, and it is gone.</exception>
    /// <exception cref="HostPastPointOfNoReturnException">The run has let clients in, which its journal does not tell.</exception>
    public static async Task TakeAsync(IHost host, string path, LockClaim claim, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var facts = await host.GetFactsAsync(cancellationToken).ConfigureAwait(false);
        var mine = JsonSerializer.SerializeToUtf8Bytes(new HostLock(claim.Run, RunSession.Here, now, facts.BootId, LockHolder.Here, claim.IsPast), Json);
        var (other, file) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
        if (other is null && claim.IsHeld && claim.Breaks != claim.Run && !await IsBeingTakenAsync(host, path, claim, cancellationToken).ConfigureAwait(false))
        {
            throw new HostLockGoneException(host.Name, claim.Run);
        }

        if (other is null && await host.TryCreateAsync(path, mine, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        if (other is null)
        {
            (other, file) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
        }

        if (other is { IsPast: true } && other.Run == claim.Run && !claim.IsPast)
        {
            throw new HostPastPointOfNoReturnException(host.Name, other.Run, other.Owner);
        }

        if (other is not null && other.IsMine(claim.Run))
        {
            return;
        }

        if (other is not null && !other.MayBeTaken(claim))
        {
            throw Refusal(host, other, claim);
        }

        if (other is not null)
        {
            await PutAsideAsync(host, path, file, claim, cancellationToken).ConfigureAwait(false);
        }

        if (!await host.TryCreateAsync(path, mine, cancellationToken).ConfigureAwait(false))
        {
            (other, _) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
            throw Refusal(host, other ?? new HostLock("another run", "somebody", now, ""), claim);
        }
    }

    /// <summary>Marks a lock of this process: from now on nobody undoes the run whose journal does not tell that clients have been let in.</summary>
    public static async Task MarkPastAsync(IHost host, string path, string run, CancellationToken cancellationToken)
    {
        await RequireAsync(host, path, run, cancellationToken).ConfigureAwait(false);
        var (held, _) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
        await host.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(held! with { IsPast = true }, Json), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets go of a lock, if it is this process's, or that of an earlier one of the same run.</summary>
    public static async Task ReleaseAsync(IHost host, string path, LockClaim claim, CancellationToken cancellationToken)
    {
        var (held, _) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
        if (held is null || held.Run != claim.Run || (!held.IsMine(claim.Run) && !held.MayBeTaken(claim)))
        {
            return;
        }

        // The lock goes last: who finds it gone finds a clean place.
        foreach (var aside in await AsideAsync(host, path, cancellationToken).ConfigureAwait(false))
        {
            await host.RemoveAsync(aside, cancellationToken).ConfigureAwait(false);
        }

        await host.RemoveAsync(path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes sure that this process still holds a lock that it took for a run.</summary>
    /// <exception cref="HostLockGoneException">Another run has it, or nobody has.</exception>
    /// <exception cref="HostLockedElsewhereException">Another process goes on with the run, and may have let clients in.</exception>
    public static async Task RequireAsync(IHost host, string path, string run, CancellationToken cancellationToken)
    {
        var (held, _) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
        if (held?.Run != run)
        {
            throw new HostLockGoneException(host.Name, run);
        }

        if (!held.IsMine(run))
        {
            throw new HostLockedElsewhereException(host.Name, run, held.Owner, held.Since);
        }
    }

    private bool IsMine(string run) => Run == run && Holder == LockHolder.Here;

    private bool MayBeTaken(LockClaim claim) => Run == claim.Breaks || (Run == claim.Run && Owner == RunSession.Here && Holder is { } holder && holder.HasEnded());

    private static Etcd.Errors.RecoveryException Refusal(IHost host, HostLock other, LockClaim claim) => other.Run == claim.Run
        ? new HostLockedElsewhereException(host.Name, other.Run, other.Owner, other.Since)
        : new HostLockedException(host.Name, other.Run, other.Owner, other.Since);

    // Moved to a name made of what it says, which stays until the lock is let go: of two who take the same lock over, the second finds the name taken.
    private static async Task PutAsideAsync(IHost host, string path, byte[] file, LockClaim claim, CancellationToken cancellationToken)
    {
        var aside = $"{path}{Aside}{Convert.ToHexString(SHA256.HashData(file))[..16].ToLowerInvariant()}";
        try
        {
            await host.MoveAsync(path, aside, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HostFileExistsException or HostFileNotFoundException or HostCommandFailedException)
        {
            // The last of these where another one was faster by less than mv takes.
            var (winner, _) = await ReadAsync(host, path, cancellationToken).ConfigureAwait(false);
            if (winner is not null)
            {
                throw Refusal(host, winner, claim);
            }

            // Moved aside by an attempt that was cut off before it made its own.
        }
    }

    // Taking over was cut off between putting the old lock aside and making the new one.
    private static async Task<bool> IsBeingTakenAsync(IHost host, string path, LockClaim claim, CancellationToken cancellationToken)
    {
        foreach (var aside in await AsideAsync(host, path, cancellationToken).ConfigureAwait(false))
        {
            if ((await ReadAsync(host, aside, cancellationToken).ConfigureAwait(false)).Lock?.Run == claim.Run)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<IReadOnlyList<string>> AsideAsync(IHost host, string path, CancellationToken cancellationToken)
    {
        var entries = await host.ListAsync(path[..path.LastIndexOf('/')] is { Length: > 0 } folder ? folder : "/", cancellationToken).ConfigureAwait(false);
        return [.. entries.Select(entry => entry.Path).Where(other => other.StartsWith(path + Aside, StringComparison.Ordinal))];
    }

    private static async Task<(HostLock? Lock, byte[] File)> ReadAsync(IHost host, string path, CancellationToken cancellationToken, int attempts = 5)
    {
        try
        {
            var file = await host.ReadAsync(path, cancellationToken).ConfigureAwait(false);
            return (JsonSerializer.Deserialize<HostLock>(file, Json), file);
        }
        catch (HostFileNotFoundException)
        {
            return (null, []);
        }
        catch (HostCommandFailedException) when (attempts > 1)
        {
            // It went away, or came, while it was read.
            return await ReadAsync(host, path, cancellationToken, attempts - 1).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            // Not ours, or cut off by a crash of the machine: a person must look.
            return (new HostLock("(unreadable)", path, DateTimeOffset.UnixEpoch, ""), []);
        }
    }
}
