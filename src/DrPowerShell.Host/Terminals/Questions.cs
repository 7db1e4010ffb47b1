using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace DrPowerShell.Host.Terminals;

/// <summary>Asks the person at the terminal, and refuses at once where there is none: an unattended run must never wait for an answer.</summary>
internal sealed class Questions(Terminal terminal, LineReader reader)
{
    public string ReadLine()
    {
        RequireTerminal("a line of input");
        return reader.ReadLine();
    }

    public SecureString ReadSecret()
    {
        RequireTerminal("a secret");
        return reader.ReadSecret();
    }

    public Dictionary<string, PSObject> AskFields(string caption, string message, Collection<FieldDescription> fields)
    {
        RequireTerminal(string.Join(", ", fields.Select(field => field.Name)));
        WriteHeading(caption, message);
        return fields.ToDictionary(field => field.Name, field => PSObject.AsPSObject(AskField(field)), StringComparer.OrdinalIgnoreCase);
    }

    public PSCredential AskCredential(string caption, string message, string? userName)
    {
        RequireTerminal("a user name and a password");
        WriteHeading(caption, message);
        var user = userName;
        while (string.IsNullOrEmpty(user))
        {
            terminal.WriteQuestion("User: ");
            user = reader.ReadLine().Trim();
        }

        terminal.WriteQuestion($"Password for user {user}: ");
        return new PSCredential(user, reader.ReadSecret());
    }

    public int AskChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequireTerminal($"a choice ({string.Join(", ", choices.Select(choice => choice.Label.Replace("&", "", StringComparison.Ordinal)))})",
            string.IsNullOrWhiteSpace(message) ? caption : message);
        WriteHeading(caption, message);
        while (true)
        {
            foreach (var choice in choices)
            {
                var (key, label) = Split(choice);
                terminal.WriteQuestion($"[{(key.Length == 0 ? label : key)}] {label}  ");
            }

            terminal.WriteQuestion(defaultChoice >= 0 ? $"[?] Help (default is \"{Name(choices[defaultChoice])}\"): " : "[?] Help: ");
            var answer = reader.ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
            {
                return defaultChoice;
            }

            if (answer == "?")
            {
                foreach (var choice in choices)
                {
                    terminal.WriteQuestion($"{Name(choice)} - {choice.HelpMessage}{Environment.NewLine}");
                }
            }

            for (var index = 0; index < choices.Count; index++)
            {
                var (key, label) = Split(choices[index]);
                if (answer.Length > 0 && (answer.Equals(key, StringComparison.OrdinalIgnoreCase)
                    || answer.Equals(label, StringComparison.OrdinalIgnoreCase)))
                {
                    return index;
                }
            }
        }
    }

    private object AskField(FieldDescription field)
    {
        var type = field.ParameterTypeFullName;
        if (type == typeof(PSCredential).FullName)
        {
            return AskCredential("", field.Name, userName: null);
        }

        if (type.EndsWith("[]", StringComparison.Ordinal))
        {
            var values = new List<string>();
            while (true)
            {
                terminal.WriteQuestion($"{field.Name}[{values.Count}]: ");
                var value = reader.ReadLine();
                if (value.Length == 0)
                {
                    return values.ToArray();
                }

                values.Add(value);
            }
        }

        terminal.WriteQuestion(field.Name + ": ");
        return type == typeof(SecureString).FullName ? reader.ReadSecret() : reader.ReadLine();
    }

    private void WriteHeading(string caption, string message)
    {
        foreach (var line in new[] { caption, message }.Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            terminal.WriteQuestion(line + Environment.NewLine);
        }
    }

    private void RequireTerminal(string wanted, string? question = null)
    {
        if (!terminal.CanAsk)
        {
            throw new QuestionNotPossibleException(wanted, question);
        }
    }

    private static string Name(ChoiceDescription choice)
    {
        var (key, label) = Split(choice);
        return key.Length == 0 ? label : key;
    }

    /// <summary>A label marks its key with an ampersand: <c>Yes to &amp;All</c>.</summary>
    private static (string Key, string Label) Split(ChoiceDescription choice)
    {
        var at = choice.Label.IndexOf('&', StringComparison.Ordinal);
        var key = at >= 0 && at + 1 < choice.Label.Length ? choice.Label.Substring(at + 1, 1).ToUpperInvariant() : "";
        return (key, choice.Label.Replace("&", "", StringComparison.Ordinal));
    }
}
