using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DrPowerShell.Testing;

/// <summary>
/// Hands out loopback ports that nothing listens on. They lie below the ephemeral range, where no outgoing connection takes them
/// between now and their use, and a counter shared by all test processes of the machine gives each port to one of them only.
/// </summary>
public static class FreePorts
{
    private const int First = 20000;
    private const int Count = 12000;

    /// <summary>The next free port.</summary>
    public static int Next()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "dr-test-ports")).FullName;
        using var counter = Open(Path.Combine(folder, "next"));
        var bytes = new byte[16];
        var read = counter.Read(bytes);
        if (!int.TryParse(bytes.AsSpan(0, read), NumberStyles.Integer, CultureInfo.InvariantCulture, out var last))
        {
            last = First + Random.Shared.Next(Count);
        }

        do
        {
            last = First + ((last - First + 1) % Count);
        }
        while (!IsFree(last));

        counter.SetLength(0);
        counter.Write(System.Text.Encoding.ASCII.GetBytes(last.ToString(CultureInfo.InvariantCulture)));
        return last;
    }

    private static FileStream Open(string path)
    {
        var deadline = DateTimeOffset.UtcNow.AddSeconds(20);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTimeOffset.UtcNow < deadline)
            {
                Thread.Sleep(5); // another test process holds the counter, for a moment
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
