using DrPowerShell.Core.Notifications;

namespace DrPowerShell.Core.Ports;

/// <summary>Tells people, or a machine of theirs, what a run does. Thread safe.</summary>
public interface INotifier
{
    /// <summary>Its name, what it is told of, and how patient it is.</summary>
    NotifierOptions Options { get; }

    /// <summary>Sends one notice, once: <see cref="NoticeSender"/> repeats and gives up. Returning means that it was taken.</summary>
    /// <exception cref="Notifications.Errors.NotifierNotReachedException">It was not taken; another attempt may go better.</exception>
    /// <exception cref="Notifications.Errors.NotifierRefusedException">It was refused: another attempt would be as well.</exception>
    Task SendAsync(Notice notice, CancellationToken cancellationToken);
}

/// <summary>Opens notifiers of one kind.</summary>
public interface INotifierConnector
{
    /// <summary>Makes one ready; nothing is reached yet.</summary>
    INotifier Open(NotifierOptions options);
}
