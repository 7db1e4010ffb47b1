using System.Text;
using DrPowerShell.Etcd.Raft;
using Xunit;

namespace DrPowerShell.Etcd.Tests.Raft;

public sealed class ClusterTopologyTests
{
    [Fact]
    public void Etcds_well_known_default_ids_come_out()
    {
        var topology = ClusterTopology.Parse("default=http://localhost:2380");
        Assert.Equal("8e9e05c52164694d", topology["default"].IdText);
        Assert.Equal("cdf818194e3a8c32", topology.ClusterId.ToString("x"));
    }

    [Fact]
    public void Ids_follow_from_urls_and_token_and_members_are_ordered_by_them()
    {
        var topology = ClusterTopology.Parse("host1=http://host1:2380,host2=http://host2:2380,host3=http://host3:2380", "etcd-cluster-1");
        Assert.Equal(["14aa902aa07eb0c5", "4c8e9d7f9e7ee621", "5f9b694da1e12e32"], topology.Members.Select(m => m.IdText));
        Assert.Equal("e82f22e1954d0fa8", topology.ClusterId.ToString("x"));
        Assert.NotEqual(topology.ClusterId, ClusterTopology.Parse("host1=http://host1:2380,host2=http://host2:2380,host3=http://host3:2380", "other").ClusterId);
    }

    [Fact]
    public void The_order_of_urls_and_spaces_do_not_matter()
    {
        var one = ClusterTopology.Parse("a=http://h:1,a=http://h:2,b=http://i:1");
        var other = ClusterTopology.Parse(" b=http://i:1 , a=http://h:2, a=http://h:1,");
        Assert.Equal(one.Members.Select(m => m.IdText), other.Members.Select(m => m.IdText));
        Assert.Equal(["http://h:1", "http://h:2"], other["a"].PeerUrls);
    }

    [Theory]
    [InlineData("", "names no member")]
    [InlineData(" , ", "names no member")]
    [InlineData("http://h:2380", "")]
    [InlineData("m1", "NAME=URL")]
    [InlineData("=http://h:2380", "NAME=URL")]
    [InlineData("m1=", "peer URL")]
    [InlineData("m1=h:2380", "peer URL")]
    [InlineData("m1=ftp://h:2380", "peer URL")]
    [InlineData("m1=http://h", "scheme://host:port")]
    [InlineData("m1=http://h:", "scheme://host:port")]
    [InlineData("m1=http://h:2380/", "scheme://host:port")]
    [InlineData("m1=http://h:2380/path", "scheme://host:port")]
    [InlineData("m1=http://h:2380?q=1", "scheme://host:port")]
    [InlineData("m1=http://[::1]", "scheme://host:port")]
    [InlineData("m1=http://h:99999", "")]
    [InlineData("m1=http://h:2380,m2=http://h:2380", "occurs twice")]
    [InlineData("m1=http://h:2380,m1=http://h:2380", "occurs twice")]
    public void What_etcd_would_refuse_is_refused_with_the_users_own_text(string initialCluster, string reason)
    {
        var error = Assert.Throws<InitialClusterInvalidException>(() => ClusterTopology.Parse(initialCluster));
        Assert.Equal(initialCluster, error.Subject);
        Assert.Contains(reason, error.Message);
        Assert.Equal("InitialClusterInvalid", error.ErrorId);
    }

    [Fact]
    public void A_learner_must_be_a_member_and_not_all_may_be_learners()
    {
        const string cluster = "a=http://h:1,b=http://h:2";
        Assert.True(ClusterTopology.Parse(cluster, learners: ["b"])["b"].IsLearner);
        Assert.Throws<InitialClusterInvalidException>(() => ClusterTopology.Parse(cluster, learners: ["c"]));
        Assert.Throws<InitialClusterInvalidException>(() => ClusterTopology.Parse(cluster, learners: ["a", "b"]));
    }

    [Fact]
    public void A_member_that_is_not_there_is_named_and_the_cluster_is_the_subject()
    {
        const string cluster = "a=http://h:1,b=http://h:2";
        var error = Assert.Throws<InitialClusterInvalidException>(() => ClusterTopology.Parse(cluster)["c"]);
        Assert.Equal(cluster, error.Subject);
        Assert.Contains("'c'", error.Message);
    }

    [Fact]
    public void A_member_is_written_as_Go_writes_it()
    {
        var member = ClusterTopology.Parse("a<&>\\\"\u2028ü=https://h:1", learners: null).Members[0];
        Assert.Equal(
            $"{{\"id\":{member.Id},\"peerURLs\":[\"https://h:1\"],\"name\":\"a\\u003c\\u0026\\u003e\\\\\\\"\\u2028ü\"}}", Encoding.UTF8.GetString(MemberJson.Of(member)));
        var learner = member with { IsLearner = true };
        Assert.Contains("\"peerURLs\":[\"https://h:1\"],\"isLearner\":true,\"name\"", Encoding.UTF8.GetString(MemberJson.Of(learner)));
    }

    [Fact]
    public void The_vote_goes_to_a_voter_and_learners_stand_apart()
    {
        var cluster = "a=http://h:1,b=http://h:2,c=http://h:3";
        var lowest = ClusterTopology.Parse(cluster).Members[0].Name;
        var topology = ClusterTopology.Parse(cluster, learners: [lowest]);
        var state = new RaftState(topology);
        var fields = new List<(int, ulong)>();
        var reader = new ProtoReader(state.ConfState());
        while (reader.TryReadField(out var field))
        {
            fields.Add((field.Number, field.Value));
        }

        Assert.Equal([(1, topology.Members[1].Id), (1, topology.Members[2].Id), (2, topology.Members[0].Id), (5, 0UL)], fields);
        var hard = new ProtoReader(state.HardState());
        Assert.True(hard.TryReadField(out _) && hard.TryReadField(out var vote) && vote.Value == topology.Members[1].Id);
    }
}
