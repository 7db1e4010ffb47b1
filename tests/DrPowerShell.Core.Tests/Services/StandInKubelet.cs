using System.Diagnostics;
using DrPowerShell.Testing;

namespace DrPowerShell.Core.Tests.Services;

/// <summary>Watches a folder of manifests as the kubelet does, and runs one process for each that is named as its pod; with a crictl that tells of them.</summary>
internal sealed class StandInKubelet : IAsyncDisposable
{
    // Every file whose name does not begin with a dot is a manifest, whatever its ending.
    private const string Script = """
        cd "$1" || exit 1
        trap 'kill $(cat run/* 2>/dev/null) 2>/dev/null; exit 0' TERM
        while :; do
          for m in manifests/*; do
            [ -f "$m" ] || continue
            n=$(basename "$m"); n=${n%.yaml}
            if ! [ -e "run/$n" ]; then
              bash -c "exec -a '$n' sleep 100000" &
              echo $! >"run/.$n" && mv "run/.$n" "run/$n"
            fi
          done
          for r in run/*; do
            [ -f "$r" ] || continue
            n=${r#run/}
            if ! [ -e "manifests/$n.yaml" ]; then kill "$(cat "$r")"; wait "$(cat "$r")" 2>/dev/null; rm -f "$r"; fi
          done
          sleep 0.05
        done
        """;

    // crictl ps -q --name ^NAME$
    private const string Crictl = """
        #!/bin/sh
        [ -e FOLDER/broken ] && { echo "connect: no such file or directory" >&2; exit 1; }
        for last; do :; done
        n=${last#^}; n=${n%$}
        [ -e "FOLDER/run/$n" ] && echo "0123456789abcdef"
        exit 0
        """;

    private readonly Process _process;

    public StandInKubelet(TempFolder folder)
    {
        foreach (var name in new[] { "manifests", "run", "bin" })
        {
            folder.CreateFolder(name);
        }

        File.WriteAllText(folder["bin", "crictl"], Crictl.Replace("FOLDER", folder.FullName, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["bin", "crictl"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "kubelet", folder.FullName]))!;
    }

    /// <summary>Stops acting.</summary>
    public Task SleepAsync() => SignalAsync("STOP");

    public Task WakeAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await WakeAsync();
        await SignalAsync("TERM");
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private Task<CommandResult> SignalAsync(string signal) => Command.RunAsync("kill", ["-" + signal, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
}
