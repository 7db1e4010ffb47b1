namespace DrPowerShell.Core.Hosts;

/// <summary>Waits for what belongs together.</summary>
public static class HostTasks
{
    /// <summary>Waits for all, or for the first that fails: its error is thrown at once, and the others are left to whoever ends them.</summary>
    public static async Task AllAsync(params Task[] tasks)
    {
        for (var left = tasks.ToList(); left.Count > 0;)
        {
            var done = await Task.WhenAny(left).ConfigureAwait(false);
            left.Remove(done);
            try
            {
                await done.ConfigureAwait(false);
            }
            catch
            {
                left.ForEach(task => _ = task.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default));
                throw;
            }
        }
    }
}
