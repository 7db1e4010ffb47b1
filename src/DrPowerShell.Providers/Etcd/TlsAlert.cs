namespace DrPowerShell.Providers.Etcd;

/// <summary>Finds the alert that ended a handshake in what the platform's TLS library wrote into its exceptions.</summary>
internal static class TlsAlert
{
    // OpenSSL writes "sslv3 alert bad certificate" and "tlsv13 alert certificate required"; .NET's own TLS stacks write the alert's name.
    private static readonly (string Text, string Reason)[] Known =
    [
        ("certificate required", "it asks for a client certificate"),
        ("certificate expired", "it holds the certificate for expired"),
        ("certificate revoked", "it holds the certificate for revoked"),
        ("unknown ca", "it does not know the authority that signed it"),
        ("bad certificate", "it did not accept the certificate"),
        ("unsupported certificate", "it does not take a certificate of this kind"),
        ("certificate unknown", "it did not accept the certificate"),
        ("access denied", "it denied access"),
        ("decrypt error", "its check of the signature failed"),
    ];

    /// <summary>The reason as part of a sentence; null where the error tells of no alert about a certificate.</summary>
    public static string? Find(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            foreach (var (text, reason) in Known)
            {
                if (e.Message.Contains(text, StringComparison.OrdinalIgnoreCase))
                {
                    return reason;
                }
            }
        }

        return null;
    }
}
