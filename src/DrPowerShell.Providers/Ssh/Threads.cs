namespace DrPowerShell.Providers.Ssh;

/// <summary>
/// Threads for what blocks. The pool has few and adds more slowly: commands that wait for their output there would keep the watch from asking
/// whether the host still lives.
/// </summary>
internal static class Threads
{
    public static Task Run(Action act) => Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task<T> Run<T>(Func<T> act) => Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
