using System.Globalization;
using System.Text;
using DrPowerShell.Core.Ports;
using DrPowerShell.Core.Repositories.Errors;

namespace DrPowerShell.Core.Repositories;

/// <summary>A new key pair in a file, as <c>age-keygen</c> writes it; the identity itself is in the file alone.</summary>
/// <param name="Recipient">The public key, age1….</param>
/// <param name="Path">The file that holds the identity.</param>
/// <param name="Created">When it was made, UTC.</param>
public sealed record EncryptionKeyFile(string Recipient, string Path, DateTimeOffset Created)
{
    /// <summary>Makes a pair and writes its file for the owner alone (0600), synced to the disk.</summary>
    /// <exception cref="EncryptionKeyFileExistsException">There is something at the path: nothing is ever overwritten.</exception>
    public static EncryptionKeyFile Create(string path, TimeProvider clock)
    {
        var pair = ProviderLoader.Catalog.Age.NewKeyPair();
        var created = clock.GetUtcNow();
        var text = Encoding.ASCII.GetBytes(
            $"# created: {created.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\n# public key: {pair.Recipient}\n{pair.Identity}\n");
        try
        {
            using var file = new FileStream(path, Options());
            try
            {
                file.Write(text);
                file.Flush(flushToDisk: true);
            }
            catch
            {
                file.Dispose();
                File.Delete(path);
                throw;
            }
        }
        catch (IOException) when (System.IO.Path.Exists(path))
        {
            throw new EncryptionKeyFileExistsException(path);
        }
        finally
        {
            Array.Clear(text);
        }

        return new(pair.Recipient, path, created);
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
