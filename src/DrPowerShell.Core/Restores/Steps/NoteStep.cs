using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DrPowerShell.Core.Runbooks;

namespace DrPowerShell.Core.Restores.Steps;

/// <summary>Notes what the data directory of a stopped member holds, before it is touched: the SHA-256 of each file, and one over all.</summary>
internal sealed class NoteStep(RestoreScope scope, RestoreMember member) : MemberStep(scope, member)
{
    protected internal override async Task RunAsync(StepContext context, CancellationToken cancellationToken)
    {
        var files = await Machine.GetDigestsAsync(Member.Exchanged, cancellationToken).ConfigureAwait(false);
        var text = string.Concat(files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Value}  {file.Key}\n"));
        var digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
        await context.RecordAsync(Fact("files"), files, cancellationToken).ConfigureAwait(false);
        context.Text = files.Count == 0 ? "nothing there" : string.Create(CultureInfo.InvariantCulture, $"{files.Count} files, SHA-256 over all {digest}");
    }
}
