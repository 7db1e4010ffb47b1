using System.Reflection;
using DrPowerShell.Core.Clusters;
using DrPowerShell.Core.Clusters.Errors;
using DrPowerShell.Core.Ports;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>The answer to one call is lost, once; or the member list is that of a member which has yet to apply what the others have.</summary>
internal sealed class AnswerFault(string method)
{
    private object? _old;

    /// <summary>Whether it has come about.</summary>
    public bool IsDone { get; private set; }

    public IEtcdCluster Between(IEtcdCluster cluster)
    {
        var between = DispatchProxy.Create<IEtcdCluster, Connection>();
        ((Connection)(object)between).Of(cluster, this);
        return between;
    }

    private object? Answer(string asked, object? answer)
    {
        if (method == nameof(IEtcdCluster.GetMembersAsync))
        {
            IsDone |= asked == nameof(IEtcdCluster.AddLearnerAsync);
            return asked == method && !IsDone ? _old ??= answer : answer;
        }

        if (asked != method || IsDone)
        {
            return answer;
        }

        IsDone = true;
        return answer switch
        {
            Task<EtcdMember> member => LoseAsync(member),
            Task<bool> promoted => LoseAsync(promoted),
            Task done => LoseAsync(AsBoolAsync(done)),
            _ => answer,
        };
    }

    private static async Task<bool> AsBoolAsync(Task done)
    {
        await done;
        return true;
    }

    private static async Task<T> LoseAsync<T>(Task<T> answer)
    {
        await answer;
        throw new EtcdWriteOutcomeUnknownException(new Uri("http://127.0.0.1:1"), "change the member list");
    }

#pragma warning disable CA1852 // The proxy is a subclass that is made at run time.
    public class Connection : DispatchProxy
#pragma warning restore CA1852
    {
        private IEtcdCluster? _inner;
        private AnswerFault? _fault;

        internal void Of(IEtcdCluster inner, AnswerFault fault) => (_inner, _fault) = (inner, fault);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _fault!.Answer(targetMethod!.Name, targetMethod.Invoke(_inner, args));
    }
}
