using DrPowerShell.Core.Ports;
using Xunit;

namespace DrPowerShell.Core.Tests.Restores.Faults;

/// <summary>What the others answer about the member list is lost or old while one member is replaced.</summary>
public sealed class MembershipAnswerTests
{
    [Fact]
    public async Task Whichever_answer_of_the_others_is_lost_or_old_one_member_is_replaced_by_one()
    {
        await using var rig = await FaultRig.StartAsync(FaultScene.OneLost);
        foreach (var method in new[]
        {
            nameof(IEtcdCluster.GetMembersAsync), nameof(IEtcdCluster.RemoveMemberAsync), nameof(IEtcdCluster.AddLearnerAsync), nameof(IEtcdCluster.TryPromoteAsync),
        })
        {
            var run = $"restore-answer-{method}";
            var fault = new AnswerFault(method);
            await using var world = new FaultyWorld(rig.World()) { Between = fault.Between };
            var error = await rig.RunAsync(run, world, step => step);

            Assert.True(error is null && fault.IsDone, $"{run}: {error}");
            await rig.AssertRestoredAsync(rig.Read(run), run);
            await rig.ResetAsync();
        }
    }
}
