using System.Diagnostics;
using System.Text;

namespace DrPowerShell.Testing.Etcd;

/// <summary>A real client that watches keys for as long as it lives: etcdctl watch, which connects anew by itself. Ended on dispose.</summary>
public sealed class EtcdWatch : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder text = new();

    internal EtcdWatch(string etcdctl, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(etcdctl, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["ETCDCTL_API"] = "3";
        process = Process.Start(start)!;
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>All that it has printed, both streams.</summary>
    public string Text
    {
        get
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }

    /// <summary>Whether it has given up, having said why.</summary>
    public bool HasEnded => process.HasExited;

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Take(object sender, DataReceivedEventArgs line)
    {
        lock (text)
        {
            text.AppendLine(line.Data);
        }
    }
}
