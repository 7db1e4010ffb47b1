using DrPowerShell.Core.Configuration.Binding;

namespace DrPowerShell.Core.Notifications;

/// <summary>The JSON Schema of notices.</summary>
internal static class NoticeSchema
{
    public static string Write() => RecordSchema.Write(typeof(Notice), "notice", "DrPowerShell notice", Notice.CurrentSchema);
}
