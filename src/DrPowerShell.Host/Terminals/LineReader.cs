using System.Management.Automation;
using System.Security;
using System.Text;

namespace DrPowerShell.Host.Terminals;

/// <summary>Reads a line from the terminal and gives up as soon as the pipeline is stopped.</summary>
/// <remarks>Console.ReadLine cannot be called off: Ctrl+C at a question would wait for the answer before the cmdlet could clean up.</remarks>
internal sealed class LineReader(Terminal terminal, CancellationToken stopped)
{
    private static readonly TimeSpan KeyPoll = TimeSpan.FromMilliseconds(20);

    public string ReadLine()
    {
        var line = new StringBuilder();
        Read(
            character =>
            {
                line.Append(character);
                terminal.WriteQuestion(character.ToString());
            },
            () =>
            {
                if (line.Length == 0)
                {
                    return false;
                }

                line.Length--;
                terminal.WriteQuestion("\b \b");
                return true;
            });
        return line.ToString();
    }

    public SecureString ReadSecret()
    {
        var secret = new SecureString();
        Read(
            character =>
            {
                secret.AppendChar(character);
                terminal.WriteQuestion("*");
            },
            () =>
            {
                if (secret.Length == 0)
                {
                    return false;
                }

                secret.RemoveAt(secret.Length - 1);
                terminal.WriteQuestion("\b \b");
                return true;
            });
        secret.MakeReadOnly();
        return secret;
    }

    private void Read(Action<char> add, Func<bool> erase)
    {
        while (true)
        {
            var key = NextKey();
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    terminal.WriteQuestion(Environment.NewLine);
                    return;
                case ConsoleKey.Backspace:
                    erase();
                    break;
                case ConsoleKey.U when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                    while (erase())
                    {
                    }

                    break;
                case ConsoleKey.D when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                    terminal.WriteQuestion(Environment.NewLine);
                    throw new PipelineStoppedException();
                default:
                    if (!char.IsControl(key.KeyChar))
                    {
                        add(key.KeyChar);
                    }

                    break;
            }
        }
    }

    private ConsoleKeyInfo NextKey()
    {
        while (!Console.KeyAvailable)
        {
            if (stopped.WaitHandle.WaitOne(KeyPoll))
            {
                terminal.WriteQuestion(Environment.NewLine);
                throw new PipelineStoppedException();
            }
        }

        return Console.ReadKey(intercept: true);
    }
}
