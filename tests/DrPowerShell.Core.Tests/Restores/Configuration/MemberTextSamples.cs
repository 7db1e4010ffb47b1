namespace DrPowerShell.Core.Tests.Restores.Configuration;

/// <summary>Configurations as they are found in the field.</summary>
internal static class MemberTextSamples
{
    /// <summary>Debian 12, etcd-server 3.4.23: /lib/systemd/system/etcd.service.</summary>
    public const string DebianUnit = """
        [Unit]
        Description=etcd - highly-available key value store
        Documentation=https://etcd.io/docs
        Documentation=man:etcd
        After=network.target
        Wants=network-online.target

        [Service]
        Environment=DAEMON_ARGS=
        Environment=ETCD_NAME=%H
        Environment=ETCD_DATA_DIR=/var/lib/etcd/default
        EnvironmentFile=-/etc/default/%p
        Type=notify
        User=etcd
        PermissionsStartOnly=true
        #ExecStart=/bin/sh -c "GOMAXPROCS=$(nproc) /usr/bin/etcd $DAEMON_ARGS"
        ExecStart=/usr/bin/etcd $DAEMON_ARGS
        Restart=on-abnormal
        #RestartSec=10s
        LimitNOFILE=65536

        [Install]
        WantedBy=multi-user.target
        Alias=etcd2.service

        """;

    /// <summary>/etc/default/etcd as an administrator has filled it in.</summary>
    public const string DebianDefaults = """
        ## etcd(1) daemon options
        ## See "/usr/share/doc/etcd-server/op-guide/configuration.md.gz"

        ETCD_NAME="m1"            
        ETCD_LISTEN_CLIENT_URLS="https://10.0.0.1:2379,https://127.0.0.1:2379"
        ETCD_ADVERTISE_CLIENT_URLS=https://10.0.0.1:2379
        ETCD_LISTEN_PEER_URLS='https://10.0.0.1:2380'
        ETCD_INITIAL_ADVERTISE_PEER_URLS=https://10.0.0.1:2380
        # the cluster: three machines,
        # one a rack
        ETCD_INITIAL_CLUSTER="m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380"
        ETCD_INITIAL_CLUSTER_STATE="new"
        ETCD_CERT_FILE=/etc/etcd/server.crt
        # ETCD_INITIAL_CLUSTER_TOKEN="etcd-cluster"
        """;

    /// <summary>kubeadm 1.30: /etc/kubernetes/manifests/etcd.yaml.</summary>
    public const string KubeadmManifest = """
        apiVersion: v1
        kind: Pod
        metadata:
          annotations:
            kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.0.0.1:2379
          labels:
            component: etcd
            tier: control-plane
          name: etcd
          namespace: kube-system
        spec:
          containers:
          - command:
            - etcd
            - --advertise-client-urls=https://10.0.0.1:2379
            - --cert-file=/etc/kubernetes/pki/etcd/server.crt
            - --client-cert-auth=true
            - --data-dir=/var/lib/etcd
            - --experimental-initial-corrupt-check=true
            - --initial-advertise-peer-urls=https://10.0.0.1:2380
            - --initial-cluster=cp1=https://10.0.0.1:2380 # alone so far
            - --key-file=/etc/kubernetes/pki/etcd/server.key
            - --listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379
            - --listen-peer-urls=https://10.0.0.1:2380
            - --name=cp1
            - --peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt
            - --peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
            - --snapshot-count=10000
            - --trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt
            image: registry.k8s.io/etcd:3.5.12-0
            name: etcd
            volumeMounts:
            - mountPath: /var/lib/etcd
              name: etcd-data
            - mountPath: /etc/kubernetes/pki/etcd
              name: etcd-certs
          hostNetwork: true
          volumes:
          - hostPath:
              path: /srv/certs/etcd
              type: DirectoryOrCreate
            name: etcd-certs
          - hostPath:
              path: /data/etcd
              type: DirectoryOrCreate
            name: etcd-data
        status: {}

        """;

    /// <summary>A unit as many guides give it: flags over several lines.</summary>
    public const string FlagsUnit = """
        [Service]
        Type=notify
        User=etcd
        Group=etcd
        ExecStart=/usr/local/bin/etcd \
          --name m1 \
          # where the data lies
          --data-dir=/var/lib/etcd \
          --initial-cluster m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380 \
          --initial-cluster-state new --force-new-cluster \
          "--listen-client-urls=https://10.0.0.1:2379" --advertise-client-urls 'https://10.0.0.1:2379' \
          --listen-peer-urls=https://10.0.0.1:2380 --initial-advertise-peer-urls=https://10.0.0.1:2380
        Restart=always
        """;

    /// <summary>CentOS 7's unit: a shell, and variables of systemd within its line.</summary>
    public const string ShellUnit = """
        [Service]
        WorkingDirectory=/var/lib/etcd/
        EnvironmentFile=-/etc/etcd/etcd.conf
        User=etcd
        # set GOMAXPROCS to number of processors
        ExecStart=/bin/bash -c "GOMAXPROCS=$(nproc) /usr/bin/etcd --name=\"${NODE}\" --data-dir=\"${DATA}\" --listen-client-urls=http://10.0.0.1:2379"
        """;

    /// <summary>etcd 3.5's etcd.conf.yml.sample, filled in.</summary>
    public const string ConfigFile = """
        # This is the configuration file for the etcd server.

        # Human-readable name for this member.
        name: 'default'

        # Path to the data directory.
        data-dir: /var/lib/etcd   # on its own disk

        # Path to the dedicated wal directory.
        wal-dir:

        # List of comma separated URLs to listen on for peer traffic.
        listen-peer-urls: http://localhost:2380

        # List of comma separated URLs to listen on for client traffic.
        listen-client-urls: http://localhost:2379
        initial-advertise-peer-urls: http://localhost:2380
        advertise-client-urls: http://localhost:2379

        # Discovery URL used to bootstrap the cluster.
        discovery:

        # Comma separated string of initial cluster configuration for bootstrapping.
        # Example: initial-cluster: "infra0=http://10.0.1.10:2380,infra1=http://10.0.1.11:2380,infra2=http://10.0.1.12:2380"
        initial-cluster:

        # Initial cluster token for the etcd cluster during bootstrap.
        initial-cluster-token: "etcd-cluster"

        client-transport-security:
          # Path to the client server TLS cert file.
          cert-file:
          client-cert-auth: false

        peer-transport-security:
          cert-file: /etc/etcd/peer.crt

        log-outputs: [stderr]

        # Force to create a new one member cluster.
        force-new-cluster: true
        cipher-suites: [
          TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
          TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
        ]
        """;
}
