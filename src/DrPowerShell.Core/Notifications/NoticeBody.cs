using System.Text.Json;
using System.Text.Json.Nodes;

namespace DrPowerShell.Core.Notifications;

/// <summary>What a webhook is sent.</summary>
internal static class NoticeBody
{
    public static string Of(Notice notice, NoticeFormat format) => format switch
    {
        NoticeFormat.Slack => new JsonObject { ["text"] = $"*{Slack(notice.Title)}*\n{Slack(notice.Text)}" }.ToJsonString(),
        NoticeFormat.Teams => Teams(notice).ToJsonString(),
        _ => notice.ToJson(),
    };

    // https://api.slack.com/reference/surfaces/formatting#escaping: else a text could mention a whole channel.
    private static string Slack(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    // A message with one adaptive card, which is all that workflow webhooks take. A RichTextBlock knows no Markdown: nothing in the text is read as a link.
    private static JsonObject Teams(Notice notice) => new()
    {
        ["type"] = "message",
        ["attachments"] = new JsonArray(new JsonObject
        {
            ["contentType"] = "application/vnd.microsoft.card.adaptive",
            ["content"] = new JsonObject
            {
                ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
                ["type"] = "AdaptiveCard",
                ["version"] = "1.4",
                ["body"] = new JsonArray([(JsonNode)Block(notice.Title, "Bolder"), .. notice.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Block(line, "Default"))]),
            },
        }),
    };

    private static JsonObject Block(string text, string weight) => new JsonObject
    {
        ["type"] = "RichTextBlock",
        ["inlines"] = new JsonArray(new JsonObject { ["type"] = "TextRun", ["text"] = text, ["weight"] = weight }),
    };
}
