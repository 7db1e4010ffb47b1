using System.Text;
using DrPowerShell.Core.Reports.Errors;
using DrPowerShell.Core.Reports.Writers;
using DrPowerShell.Etcd.Files;

namespace DrPowerShell.Core.Reports;

/// <summary>Writes a report's file for its owner alone: beside, synced, then renamed.</summary>
public static class ReportFile
{
    /// <summary>The bytes of a report.</summary>
    public static byte[] Bytes(RecoveryReport report, IReportWriter writer, ReportCulture culture)
    {
        using var text = new StringWriter { NewLine = "\n" };
        writer.Write(report, culture, text);
        return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text.ToString());
    }

    /// <summary>Writes the file.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="bytes">What it holds.</param>
    /// <param name="replace">Whether a file of that name is replaced.</param>
    /// <param name="files">Changes the disk.</param>
    /// <exception cref="ReportFileExistsException">The name is taken.</exception>
    /// <exception cref="Etcd.Errors.RecoveryException">The folder cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, bool replace, DurableFiles? files = null)
    {
        files ??= DurableFiles.System;
        if (Directory.Exists(path) || (!replace && File.Exists(path)))
        {
            throw new ReportFileExistsException(path);
        }

        var part = path + ".part";
        try
        {
            // Of a process that died.
            files.DeleteFile(part);
            using (var file = files.CreateFile(part))
            {
                files.Write(file, bytes, 0);
                files.Sync(file);
            }

            if (replace)
            {
                files.ReplaceFile(part, path);
            }
            else
            {
                files.RenameFileExclusively(part, path);
            }

            files.SyncFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(files, part);
            throw !replace && File.Exists(path) ? new ReportFileExistsException(path) : DiskErrors.Typed(path, bytes.Length, e);
        }
    }

    private static void Remove(DurableFiles files, string part)
    {
        try
        {
            files.DeleteFile(part);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure says more.
        }
    }
}
