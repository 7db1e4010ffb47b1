namespace DrPowerShell.Testing.Stores;

/// <summary>What a <see cref="FaultyHttpProxy"/> does to a request instead of passing it on.</summary>
public abstract record HttpFault
{
    private HttpFault()
    {
    }

    /// <summary>Answers itself.</summary>
    public sealed record Answer(int Status, string Body = "", string Headers = "") : HttpFault;

    /// <summary>Passes so many bytes of the request's body on, and cuts the connection.</summary>
    public sealed record CutRequest(long After) : HttpFault;

    /// <summary>Passes the whole request on, and so many bytes of the answer, head included; then the connection is cut.</summary>
    public sealed record CutAnswer(long After) : HttpFault;

    /// <summary>Never answers.</summary>
    public sealed record Hang : HttpFault;

    /// <summary>An S3 server's error.</summary>
    public static HttpFault Error(int status, string code) =>
        new Answer(status, $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>The test wants {code}.</Message><RequestId>1</RequestId></Error>");
}

/// <summary>The head of a request.</summary>
/// <param name="Method">GET, PUT, …</param>
/// <param name="Target">Path and query as they were sent.</param>
/// <param name="Headers">By lower-case name.</param>
public sealed record HttpHead(string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public long ContentLength => Headers.TryGetValue("content-length", out var text) ? long.Parse(text, null) : 0;
}
