using System.Text;
using DrPowerShell.Core.Kubernetes;
using Xunit;

namespace DrPowerShell.Core.Tests.Kubernetes;

public sealed class KubernetesKeyTests
{
    [Theory]
    [InlineData("/registry/pods/shop/web-7d4", "Pod", "", "shop", "web-7d4")]
    [InlineData("/registry/minions/node-1", "Node", "", null, "node-1")]
    [InlineData("/registry/namespaces/shop", "Namespace", "", null, "shop")]
    [InlineData("/registry/services/specs/shop/web", "Service", "", "shop", "web")]
    [InlineData("/registry/services/endpoints/shop/web", "Endpoints", "", "shop", "web")]
    [InlineData("/registry/controllers/shop/old", "ReplicationController", "", "shop", "old")]
    [InlineData("/registry/deployments/shop/web", "Deployment", "apps", "shop", "web")]
    [InlineData("/registry/ingress/shop/web", "Ingress", "networking.k8s.io", "shop", "web")]
    [InlineData("/registry/clusterroles/system:node", "ClusterRole", "rbac.authorization.k8s.io", null, "system:node")]
    [InlineData("/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com", "CustomResourceDefinition", "apiextensions.k8s.io", null, "widgets.example.com")]
    [InlineData("/registry/apiregistration.k8s.io/apiservices/v1.", "APIService", "apiregistration.k8s.io", null, "v1.")]
    [InlineData("/registry/example.com/widgets/shop/blue", "widgets", "example.com", "shop", "blue")]
    [InlineData("/registry/example.com/zones/blue", "zones", "example.com", null, "blue")]
    [InlineData("/registry/example.com/leases/shop/blue", "leases", "example.com", "shop", "blue")]
    [InlineData("/registry/thingsofthefuture/shop/x", "thingsofthefuture", "", "shop", "x")]
    public void A_key_tells_kind_group_namespace_and_name(string key, string kind, string group, string? @namespace, string name)
    {
        Assert.True(KubernetesKey.TryRead(Encoding.UTF8.GetBytes(key), "/registry", out var read));
        Assert.Equal((KubernetesKeyKind.Object, kind, group, @namespace, name), (read.Kind, read.ObjectKind, read.ApiGroup, read.Namespace, read.Name));
    }

    [Theory]
    [InlineData("/registry/ranges/serviceips", KubernetesKeyKind.Record)]
    [InlineData("/registry/ranges/servicenodeports", KubernetesKeyKind.Record)]
    [InlineData("/registry/masterleases/10.0.0.1", KubernetesKeyKind.Record)]
    [InlineData("/registry/events/shop/web.17a", KubernetesKeyKind.Ephemeral)]
    [InlineData("/registry/leases/kube-node-lease/node-1", KubernetesKeyKind.Ephemeral)]
    public void What_renews_itself_is_no_object_that_somebody_would_miss(string key, KubernetesKeyKind expected)
    {
        Assert.True(KubernetesKey.TryRead(Encoding.UTF8.GetBytes(key), "/registry", out var read));
        Assert.Equal(expected, read.Kind);
    }

    [Theory]
    [InlineData("compact_rev_key")]
    [InlineData("/registry")]
    [InlineData("/registry/")]
    [InlineData("/registry/health")]
    [InlineData("/registry/pods//x")]
    [InlineData("/registry/pods/a/b/c")]
    [InlineData("/registry/services/specs/x")]
    [InlineData("/registry2/pods/shop/x")]
    [InlineData("/registry/pods/shop/\u001b[2J")]
    [InlineData("/registry/pods/shop/a\u007f")]
    [InlineData("")]
    public void What_is_not_of_that_shape_is_no_key_of_the_API_server(string key) =>
        Assert.False(KubernetesKey.TryRead(Encoding.UTF8.GetBytes(key), "/registry", out _));

    [Theory]
    [InlineData("/kubernetes.io/pods/shop/web", "kubernetes.io")]
    [InlineData("/kubernetes.io/pods/shop/web", "/kubernetes.io/")]
    [InlineData("/a/b/pods/shop/web", "/a/b")]
    [InlineData("/pods/shop/web", "/")]
    public void The_prefix_is_the_API_servers_own(string key, string prefix)
    {
        Assert.True(KubernetesKey.TryRead(Encoding.UTF8.GetBytes(key), prefix, out var read));
        Assert.Equal(("Pod", "shop", "web"), (read.ObjectKind, read.Namespace, read.Name));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_no_key_of_the_API_server() =>
        Assert.False(KubernetesKey.TryRead([.. "/registry/pods/shop/"u8, 0xFF, 0xFE], "/registry", out _));
}
