namespace DrPowerShell.Core.Kubernetes;

/// <summary>The resources of Kubernetes itself by the names that they have in keys: where a value is encrypted, the key alone tells the kind.</summary>
/// <remarks>
/// The key has the resource's plural without its group, but for the special ones (kubernetes v1.31
/// pkg/kubeapiserver/default_storage_factory_builder.go SpecialDefaultResourcePrefixes) and for the two aggregated groups.
/// </remarks>
internal static class KubernetesResources
{
    private static readonly Dictionary<string, (string Kind, string Group)> Known = new(StringComparer.Ordinal)
    {
        ["configmaps"] = ("ConfigMap", ""),
        ["controllers"] = ("ReplicationController", ""),
        ["events"] = ("Event", ""),
        ["limitranges"] = ("LimitRange", ""),
        ["minions"] = ("Node", ""),
        ["namespaces"] = ("Namespace", ""),
        ["persistentvolumeclaims"] = ("PersistentVolumeClaim", ""),
        ["persistentvolumes"] = ("PersistentVolume", ""),
        ["pods"] = ("Pod", ""),
        ["podtemplates"] = ("PodTemplate", ""),
        ["resourcequotas"] = ("ResourceQuota", ""),
        ["secrets"] = ("Secret", ""),
        ["serviceaccounts"] = ("ServiceAccount", ""),
        ["services/endpoints"] = ("Endpoints", ""),
        ["services/specs"] = ("Service", ""),
        ["mutatingwebhookconfigurations"] = ("MutatingWebhookConfiguration", "admissionregistration.k8s.io"),
        ["validatingadmissionpolicies"] = ("ValidatingAdmissionPolicy", "admissionregistration.k8s.io"),
        ["validatingadmissionpolicybindings"] = ("ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io"),
        ["validatingwebhookconfigurations"] = ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io"),
        ["apiextensions.k8s.io/customresourcedefinitions"] = ("CustomResourceDefinition", "apiextensions.k8s.io"),
        ["apiregistration.k8s.io/apiservices"] = ("APIService", "apiregistration.k8s.io"),
        ["controllerrevisions"] = ("ControllerRevision", "apps"),
        ["daemonsets"] = ("DaemonSet", "apps"),
        ["deployments"] = ("Deployment", "apps"),
        ["replicasets"] = ("ReplicaSet", "apps"),
        ["statefulsets"] = ("StatefulSet", "apps"),
        ["horizontalpodautoscalers"] = ("HorizontalPodAutoscaler", "autoscaling"),
        ["cronjobs"] = ("CronJob", "batch"),
        ["jobs"] = ("Job", "batch"),
        ["certificatesigningrequests"] = ("CertificateSigningRequest", "certificates.k8s.io"),
        ["leases"] = ("Lease", "coordination.k8s.io"),
        ["endpointslices"] = ("EndpointSlice", "discovery.k8s.io"),
        ["flowschemas"] = ("FlowSchema", "flowcontrol.apiserver.k8s.io"),
        ["prioritylevelconfigurations"] = ("PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io"),
        ["ingress"] = ("Ingress", "networking.k8s.io"),
        ["ingressclasses"] = ("IngressClass", "networking.k8s.io"),
        ["ipaddresses"] = ("IPAddress", "networking.k8s.io"),
        ["networkpolicies"] = ("NetworkPolicy", "networking.k8s.io"),
        ["servicecidrs"] = ("ServiceCIDR", "networking.k8s.io"),
        ["runtimeclasses"] = ("RuntimeClass", "node.k8s.io"),
        ["poddisruptionbudgets"] = ("PodDisruptionBudget", "policy"),
        ["podsecuritypolicy"] = ("PodSecurityPolicy", "policy"),
        ["clusterrolebindings"] = ("ClusterRoleBinding", "rbac.authorization.k8s.io"),
        ["clusterroles"] = ("ClusterRole", "rbac.authorization.k8s.io"),
        ["rolebindings"] = ("RoleBinding", "rbac.authorization.k8s.io"),
        ["roles"] = ("Role", "rbac.authorization.k8s.io"),
        ["deviceclasses"] = ("DeviceClass", "resource.k8s.io"),
        ["resourceclaims"] = ("ResourceClaim", "resource.k8s.io"),
        ["resourceclaimtemplates"] = ("ResourceClaimTemplate", "resource.k8s.io"),
        ["resourceslices"] = ("ResourceSlice", "resource.k8s.io"),
        ["priorityclasses"] = ("PriorityClass", "scheduling.k8s.io"),
        ["csidrivers"] = ("CSIDriver", "storage.k8s.io"),
        ["csinodes"] = ("CSINode", "storage.k8s.io"),
        ["csistoragecapacities"] = ("CSIStorageCapacity", "storage.k8s.io"),
        ["storageclasses"] = ("StorageClass", "storage.k8s.io"),
        ["volumeattachments"] = ("VolumeAttachment", "storage.k8s.io"),
    };

    public static (string Kind, string Group)? Find(string resource) => Known.TryGetValue(resource, out var found) ? found : null;
}
