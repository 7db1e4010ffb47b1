using System.Management.Automation.Host;

namespace DrPowerShell.Host.Terminals;

/// <summary>The little of a screen that the formatter asks for: its size and the cells that a text takes.</summary>
internal sealed class TerminalRawInterface(Terminal terminal) : PSHostRawUserInterface
{
    private const int ScrollBack = 9999;

    /// <inheritdoc/>
    public override Size BufferSize
    {
        get => new(terminal.Width, ScrollBack);
        set { }
    }

    /// <inheritdoc/>
    public override Size WindowSize
    {
        get => new(terminal.Width, terminal.OutputIsTerminal && Console.WindowHeight > 0 ? Console.WindowHeight : 24);
        set { }
    }

    /// <inheritdoc/>
    public override Size MaxPhysicalWindowSize => WindowSize;

    /// <inheritdoc/>
    public override Size MaxWindowSize => WindowSize;

    /// <inheritdoc/>
    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    /// <inheritdoc/>
    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    /// <inheritdoc/>
    public override Coordinates CursorPosition { get; set; }

    /// <inheritdoc/>
    public override int CursorSize { get; set; } = 25;

    /// <inheritdoc/>
    public override Coordinates WindowPosition { get; set; }

    /// <inheritdoc/>
    public override string WindowTitle { get; set; } = "drps";

    /// <inheritdoc/>
    public override bool KeyAvailable => terminal.CanAsk && Console.KeyAvailable;

    /// <inheritdoc/>
    public override int LengthInBufferCells(string source) => TextCells.Measure(source);

    /// <inheritdoc/>
    public override int LengthInBufferCells(string source, int offset) => TextCells.Measure(source.AsSpan(offset));

    /// <inheritdoc/>
    public override int LengthInBufferCells(char source) => TextCells.Measure([source]);

    /// <inheritdoc/>
    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (!terminal.CanAsk)
        {
            throw new QuestionNotPossibleException("a key", question: null);
        }

        var key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    /// <inheritdoc/>
    public override void FlushInputBuffer()
    {
    }

    /// <inheritdoc/>
    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException("drps cannot read the screen.");

    /// <inheritdoc/>
    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
    {
    }

    /// <inheritdoc/>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
    }

    /// <inheritdoc/>
    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
    {
    }
}
