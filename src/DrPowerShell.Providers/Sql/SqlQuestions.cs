using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using DrPowerShell.Core.Checks;
using DrPowerShell.Core.Checks.Errors;
using DrPowerShell.Core.Ports;
using MySqlConnector;
using Npgsql;

namespace DrPowerShell.Providers.Sql;

/// <summary>Asks PostgreSQL and MySQL; each question has a connection of its own.</summary>
internal sealed class SqlQuestions : ISqlProbe
{
    private const int PostgresqlPort = 5432;
    private const int MysqlPort = 3306;

    /// <inheritdoc/>
    public async Task<SqlAnswer> AskAsync(SqlQuestion question, CancellationToken cancellationToken)
    {
        try
        {
            var connection = Connection(question);
            await using var end = connection.ConfigureAwait(false);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            var command = connection.CreateCommand();
            await using var endCommand = command.ConfigureAwait(false);
#pragma warning disable CA2100 // The query is the user's own, from the plan.
            command.CommandText = question.Query;
#pragma warning restore CA2100
            command.CommandTimeout = Seconds(question.Timeout);
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var endReader = reader.ConfigureAwait(false);
            var (first, rows) = ((string?)null, 0L);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                first = rows++ == 0 && reader.FieldCount > 0 && !await reader.IsDBNullAsync(0, cancellationToken).ConfigureAwait(false) ? Text(reader.GetValue(0)) : first;
            }

            return new SqlAnswer(first, rows);
        }
        catch (Exception e) when (e is DbException or SocketException or IOException or TimeoutException or ArgumentException or NotSupportedException or InvalidOperationException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new CheckNotAnsweredException(question.ToString(), Reason(e), e);
        }
    }

    private static DbConnection Connection(SqlQuestion question) => question.Kind switch
    {
        SqlKind.Postgresql => new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = question.Host,
            Port = question.Port ?? PostgresqlPort,
            Database = question.Database ?? question.User,
            Username = question.User,
            Password = question.Password,
            SslMode = question.Tls switch { SqlTls.Disable => SslMode.Disable, SqlTls.Require => SslMode.Require, SqlTls.Verify => SslMode.VerifyFull, _ => SslMode.Prefer },
            RootCertificate = question.CaCertificate,
            Timeout = Seconds(question.Timeout),
            Pooling = false,
            ApplicationName = "DrPowerShell",
        }.ConnectionString),
        _ => new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = question.Host,
            Port = (uint)(question.Port ?? MysqlPort),
            Database = question.Database ?? "",
            UserID = question.User ?? "",
            Password = question.Password ?? "",
            SslMode = question.Tls switch { SqlTls.Disable => MySqlSslMode.None, SqlTls.Require => MySqlSslMode.Required, SqlTls.Verify => MySqlSslMode.VerifyFull, _ => MySqlSslMode.Preferred },
            SslCa = question.CaCertificate ?? "",
            ConnectionTimeout = (uint)Seconds(question.Timeout),
            Pooling = false,
            ApplicationName = "DrPowerShell",
        }.ConnectionString),
    };

    private static int Seconds(TimeSpan timeout) => (int)Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 1, 1024);

    private static string? Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        byte[] bytes => Convert.ToHexString(bytes).ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    // The outer exceptions say only that something failed.
    private static string Reason(Exception e)
    {
        var inner = e;
        while (inner is not PostgresException && inner.InnerException is { } next)
        {
            inner = next;
        }

        return string.Join(' ', inner.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
