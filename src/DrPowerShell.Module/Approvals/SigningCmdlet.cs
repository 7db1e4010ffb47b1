using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using DrPowerShell.Core.Configuration.Documents;
using DrPowerShell.Core.Repositories.Errors;
using DrPowerShell.Core.Repositories.Manifests;
using DrPowerShell.Module.Connections;
using DrPowerShell.Module.Errors;
using DrPowerShell.Module.Repositories;

namespace DrPowerShell.Module.Approvals;

/// <summary>The base of cmdlets that sign requests: with which key, and under which name.</summary>
public abstract class SigningCmdlet : RepositoryCmdlet
{
    /// <summary>Your private ECDSA key (P-256, P-384 or P-521): a PEM file, encrypted or not. This or -Certificate.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SigningKey { get; set; }

    /// <summary>Your certificate with its private ECDSA key: a PFX or PEM file, or an X509Certificate2 object. This or -SigningKey.</summary>
    [Parameter]
    [ValidateNotNull]
    public CertificateSource? Certificate { get; set; }

    /// <summary>What opens an encrypted key or PFX file: a SecureString, or a reference such as env:NAME, file:PATH or secret:VAULT/NAME.</summary>
    [Parameter]
    [PassphraseTransform]
    public PassphraseSource? SigningKeyPassphrase { get; set; }

    /// <summary>The name that you go by. It proves nothing, your key does. The default is the estate's name for your key, else your user name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Opens the key that was named. Pipeline thread only: a passphrase may lie in a vault.</summary>
    /// <exception cref="ParametersConflictException">None was named, or two were.</exception>
    /// <exception cref="SigningKeyNotUsableException">It cannot be used.</exception>
    protected ManifestSigner OpenSigner()
    {
        if (SigningKey is null == Certificate is null)
        {
            throw SigningKey is null
                ? new ParametersConflictException(nameof(SigningKey), "Neither -SigningKey nor -Certificate says whose signature this is.", "Add -SigningKey FILE or -Certificate FILE.")
                : new ParametersConflictException(nameof(Certificate), "-SigningKey and -Certificate were both given; one key signs.", "Leave one of them out.");
        }

        var passphrase = SigningKeyPassphrase?.Read(Session.Secrets);
        var signer = SigningKey is not null ? ManifestSigner.FromFile(ResolveDestination(SigningKey), passphrase)
            : Certificate!.Certificate is { } certificate ? ManifestSigner.FromCertificate(certificate)
            : ManifestSigner.FromCertificateFile(ResolveDestination(Certificate.Path!), passphrase);
        try
        {
            RequireValid(signer);
            return signer;
        }
        catch
        {
            signer.Dispose();
            throw;
        }
    }

    /// <summary>Who must approve what is done to a cluster; null where no estate says.</summary>
    protected ApprovalSection? PolicyFor(string target) => Session.EstateIfAny?.Clusters.GetValueOrDefault(target)?.Approval;

    private static void RequireValid(ManifestSigner signer)
    {
        if (signer.Certificate is not { } der)
        {
            return;
        }

        using var certificate = new X509Certificate2(der.Span);
        var now = TimeProvider.System.GetLocalNow().DateTime;
        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            throw new SigningKeyNotUsableException(
                certificate.Subject, $"its certificate is valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u} only.");
        }
    }
}
