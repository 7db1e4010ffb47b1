using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Etcd.Errors;

namespace DrPowerShell.Providers.Etcd;

/// <summary>
/// Opens connections to one endpoint, TCP and TLS, so that every way to fail is told apart where it happens: the HTTP client above would fold
/// them into one. Thread safe.
/// </summary>
internal sealed class EndpointDialer(Uri endpoint, ClientTls tls, TimeSpan timeout)
{
    // "PRI * HTTP/2.0", and an empty SETTINGS frame (RFC 9113 section 3.4).
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    public Uri Endpoint => endpoint;

    private bool IsTls => string.Equals(endpoint.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);

    /// <summary>A stream that is ready for HTTP/2; for https a <see cref="SslStream"/>.</summary>
    /// <exception cref="RecoveryException">No connection, no TLS, not trusted: each its own type.</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken) =>
        (await ConnectSocketAsync(cancellationToken).ConfigureAwait(false)).Stream;

    /// <summary>The same, with the socket beneath the stream.</summary>
    public async ValueTask<(Stream Stream, Socket Socket)> ConnectSocketAsync(CancellationToken cancellationToken)
    {
        var network = await ConnectTcpAsync(cancellationToken).ConfigureAwait(false);
        if (!IsTls)
        {
            return (network, network.Socket);
        }

        var check = new ServerCertificateCheck(endpoint, tls.Authorities);
        return (await SecureAsync(network, check, cancellationToken).ConfigureAwait(false), network.Socket);
    }

    /// <summary>
    /// Finds out why an endpoint that takes connections fails every call: the wrong protocol, or a client certificate that the server refuses
    /// only after the handshake, as TLS 1.3 has it. Null where the endpoint seems well.
    /// </summary>
    public async Task<RecoveryException?> DiagnoseAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!IsTls)
            {
                return await DiagnosePlainAsync(cancellationToken).ConfigureAwait(false);
            }

            var check = new ServerCertificateCheck(endpoint, tls.Authorities);
            var network = await ConnectTcpAsync(cancellationToken).ConfigureAwait(false);
            var stream = await SecureAsync(network, check, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return await ReadVerdictAsync(stream, check, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RecoveryException e)
        {
            return e;
        }
    }

    /// <summary>The certificate that the server presents, trusted or not, expired or not.</summary>
    public async Task<EtcdCertificate?> ReadServerCertificateAsync(CancellationToken cancellationToken)
    {
        if (!IsTls)
        {
            return null;
        }

        EtcdCertificate? seen = null;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = endpoint.IdnHost.Trim('[', ']'),
#pragma warning disable CA5359 // An expired certificate is just what this is asked about; nothing is ever sent over this connection.
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen = certificate is X509Certificate2 c ? ClientTls.Describe(c) : null;
                return true;
            },
#pragma warning restore CA5359
        };
        if (tls.Certificate is { } mine)
        {
            options.ClientCertificates = [mine];
        }

        var stream = new SslStream(await ConnectTcpAsync(cancellationToken).ConfigureAwait(false));
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                await LimitAsync(stream, options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is AuthenticationException or IOException or TimeoutException)
            {
                if (seen is null)
                {
                    throw await ExplainHandshakeAsync(e, new ServerCertificateCheck(endpoint, tls.Authorities), cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }

        return seen;
    }

    private async Task<NetworkStream> ConnectTcpAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(endpoint.IdnHost.Trim('[', ']'), endpoint.Port), limit.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new EtcdEndpointUnreachableException(endpoint, $"no connection within {timeout.TotalSeconds:0.###} s", e);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new EtcdEndpointUnreachableException(endpoint, Reason(e), e);
        }
    }

    private async Task<SslStream> SecureAsync(NetworkStream network, ServerCertificateCheck check, CancellationToken cancellationToken)
    {
        var stream = new SslStream(network);
        try
        {
            await LimitAsync(stream, tls.CreateOptions(check), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or TimeoutException)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw await ExplainHandshakeAsync(e, check, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task LimitAsync(SslStream stream, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await stream.AuthenticateAsClientAsync(options, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The TLS handshake took too long.", e);
        }
    }

    private async Task<RecoveryException> ExplainHandshakeAsync(
        Exception error, ServerCertificateCheck check, CancellationToken cancellationToken)
    {
        if (check.Refusal is { } refusal)
        {
            return refusal;
        }

        // A server of TLS 1.2 refuses the client's certificate, or the lack of one, before the handshake is over.
        if (check.AskedForCertificate)
        {
            return new EtcdClientCertificateRequiredException(endpoint, error);
        }

        if (tls.Certificate is { } mine && TlsAlert.Find(error) is { } alert)
        {
            return new EtcdClientCertificateRejectedException(endpoint, ClientTls.Describe(mine), alert, error);
        }

        if (IsSettings(await GreetPlainAsync(cancellationToken).ConfigureAwait(false)))
        {
            return new EtcdEndpointNotTlsException(endpoint, error);
        }

        return error is TimeoutException
            ? new EtcdRequestTimedOutException(endpoint, "finish the TLS handshake", timeout, error)
            : new EtcdTlsHandshakeFailedException(endpoint, (error.InnerException ?? error).Message.TrimEnd('.'), error);
    }

    // Only reads: what a client writes to a server that is closing can make the system drop the alert that tells why.
    private async Task<RecoveryException?> ReadVerdictAsync(
        SslStream stream, ServerCertificateCheck check, CancellationToken cancellationToken)
    {
        Exception? error = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            // etcd sends its SETTINGS as soon as the handshake is done.
            if (await stream.ReadAsync(new byte[1], limit.Token).ConfigureAwait(false) > 0)
            {
                return null;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            error = e;
        }

        if (tls.Certificate is not { } mine)
        {
            return check.AskedForCertificate ? new EtcdClientCertificateRequiredException(endpoint, error) : null;
        }

        var reason = (error is null ? null : TlsAlert.Find(error)) ?? "it closed the connection right after the handshake";
        return new EtcdClientCertificateRejectedException(endpoint, ClientTls.Describe(mine), reason, error);
    }

    private async Task<bool> SpeaksTlsAsync(CancellationToken cancellationToken)
    {
        var check = new ServerCertificateCheck(endpoint, authorities: null);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = check.Host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (sender, certificate, chain, errors) => check.Validate(sender, certificate, chain, errors) || true,
            LocalCertificateSelectionCallback = check.NoteRequest,
        };
        var stream = new SslStream(await ConnectTcpAsync(cancellationToken).ConfigureAwait(false));
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                await LimitAsync(stream, options, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (e is AuthenticationException or IOException or TimeoutException)
            {
                return check.PeerSpeaksTls;
            }
        }
    }

    private async Task<RecoveryException?> DiagnosePlainAsync(CancellationToken cancellationToken)
    {
        if (await SpeaksTlsAsync(cancellationToken).ConfigureAwait(false))
        {
            return new EtcdEndpointSpeaksTlsException(endpoint);
        }

        var first = await GreetPlainAsync(cancellationToken).ConfigureAwait(false);
        return first.Length == 0 || IsSettings(first)
            ? null
            : new EtcdEndpointNotEtcdException(endpoint, $"it answers '{Printable(first)}'");
    }

    private static bool IsSettings(ReadOnlySpan<byte> frame) => frame.Length >= 9 && frame[3] == 4 && frame[0] == 0;

    // What a server sends first when it is greeted in plain HTTP/2; empty where it says nothing.
    private async Task<byte[]> GreetPlainAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var first = new byte[64];
        try
        {
            var stream = await ConnectTcpAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(Preface, limit.Token).ConfigureAwait(false);
                return first[..await stream.ReadAtLeastAsync(first, 9, throwOnEndOfStream: false, limit.Token).ConfigureAwait(false)];
            }
        }
        catch (Exception e) when (
            e is IOException or RecoveryException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [];
        }
    }

    // A foreign server's words go into a message: only what is plain text, and only its first line.
    private static string Printable(byte[] bytes) =>
        new([.. bytes.Select(b => (char)b).TakeWhile(c => c is not ('\r' or '\n')).Select(c => c is >= ' ' and <= '~' ? c : '.')]);

    private static string Reason(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "the connection was refused",
        SocketError.HostNotFound or SocketError.NoData => "the host name is not known",
        SocketError.TryAgain => "the name server did not answer",
        SocketError.TimedOut => "no answer",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "there is no route to it",
        _ => e.Message.TrimEnd('.'),
    };
}
