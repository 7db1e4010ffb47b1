using System.Globalization;

namespace DrPowerShell.Host.Terminals;

/// <summary>
/// The two output streams and what they are connected to. Every write of the host goes through here, so that a progress bar on the
/// screen never mixes with a line of text.
/// </summary>
internal sealed class Terminal
{
    private const int WidthOfRedirectedOutput = 120;

    private readonly Lock _lock = new();
    private readonly TextWriter _output = Console.Out;
    private readonly TextWriter _error = Console.Error;
    private bool _barShown;
    private bool _midLine;

    public Terminal()
    {
        var dumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        OutputIsTerminal = !Console.IsOutputRedirected;
        ErrorIsTerminal = !Console.IsErrorRedirected;
        var plain = dumb || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        ColourOutput = OutputIsTerminal && !plain;
        ColourError = ErrorIsTerminal && !plain;
        CanShowBar = ErrorIsTerminal && !dumb;
        CanAsk = !Console.IsInputRedirected && (OutputIsTerminal || ErrorIsTerminal);
    }

    public bool OutputIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    public bool ColourOutput { get; }

    public bool ColourError { get; }

    /// <summary>Whether a line on the standard error stream can be rewritten.</summary>
    public bool CanShowBar { get; }

    /// <summary>Whether somebody can read a question and answer it.</summary>
    public bool CanAsk { get; }

    /// <summary>The width that text is laid out for, in cells.</summary>
    public int Width
    {
        get
        {
            if (OutputIsTerminal || ErrorIsTerminal)
            {
                // A pseudo-terminal that nobody sized says 0.
                return Console.WindowWidth is > 0 and var width ? width : 80;
            }

            return int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var columns)
                && columns >= 20 ? columns : WidthOfRedirectedOutput;
        }
    }

    public void Write(string text)
    {
        lock (_lock)
        {
            HideBar();
            _output.Write(text);
            _midLine = text.Length > 0 ? !text.EndsWith('\n') : _midLine;
        }
    }

    public void WriteLine(string text)
    {
        lock (_lock)
        {
            HideBar();
            _output.WriteLine(text);
            _midLine = false;
        }
    }

    /// <summary>Writes a line to the standard error stream, in a colour where that is a terminal.</summary>
    public void WriteErrorLine(string text, Colour colour = Colour.None)
    {
        lock (_lock)
        {
            HideBar();
            _error.WriteLine(ColourError ? colour.Paint(text) : text);
            _midLine = false;
        }
    }

    /// <summary>Writes part of a question to whichever stream is the terminal.</summary>
    public void WriteQuestion(string text)
    {
        lock (_lock)
        {
            HideBar();
            (OutputIsTerminal ? _output : _error).Write(text);
            _midLine = !text.EndsWith('\n');
        }
    }

    /// <summary>Shows one line that the next text or the next bar replaces.</summary>
    public void ShowBar(string line)
    {
        lock (_lock)
        {
            // In the middle of somebody's line a bar would overwrite the line's beginning.
            if (_midLine)
            {
                return;
            }

            _error.Write("\r" + line + "\e[K");
            _barShown = true;
        }
    }

    public void HideBar()
    {
        lock (_lock)
        {
            if (_barShown)
            {
                _error.Write("\r\e[K");
                _barShown = false;
            }
        }
    }

    public void Flush()
    {
        lock (_lock)
        {
            HideBar();
            _output.Flush();
            _error.Flush();
        }
    }
}
