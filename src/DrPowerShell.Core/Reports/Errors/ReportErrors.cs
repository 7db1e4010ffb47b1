using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Core.Reports.Errors;

/// <summary>A report's file exists already.</summary>
public sealed class ReportFileExistsException(string path) : RecoveryException(
    FailureKind.AlreadyExists, path, $"'{path}' exists already; it was not touched.", "Name another file, or replace it with -Force.");

/// <summary>There is no such format.</summary>
public sealed class ReportFormatUnknownException(string format) : RecoveryException(
    FailureKind.InvalidInput, format, $"There is no report format '{format}'.", $"Formats are {string.Join(", ", Enum.GetNames<ReportFormat>())}; name one with -Format, or let the file end in .html, .md or .json.");

/// <summary>No report is written in this culture.</summary>
public sealed class ReportCultureUnknownException(string culture) : RecoveryException(
    FailureKind.InvalidInput, culture, $"Reports are not written in '{culture}'.", $"Cultures are {string.Join(", ", ReportCulture.Names)}.");
