using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DrPowerShell.Core.Schedules;

/// <summary>Writes a CronJob (batch/v1) that a namespace of the Pod Security level "restricted" admits.</summary>
internal static class KubernetesScheduleWriter
{
    private const string EstateFolder = "/etc/drpowershell";

    // A string of JSON is one of YAML; unlike YAML's other forms it needs no thought about what it might be taken for.
    private static readonly JsonSerializerOptions Text = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<ScheduleFile> Write(BackupSchedule schedule, ScheduleHost host)
    {
        var expression = CrontabScheduleWriter.Expression(schedule, ScheduleTarget.KubernetesCronJob);
        var unit = ScheduleCommand.UnitName(schedule);
        var estate = host.EstatePath ?? $"{EstateFolder}/estate.yaml";
        var script = ScheduleCommand.Script(schedule, ScheduleTarget.KubernetesCronJob, host with { EstatePath = estate });
        var folder = estate[..Math.Max(estate.LastIndexOf('/'), 0)];
        if (folder.Length == 0)
        {
            throw new ScheduleNotExpressibleException(schedule.Name, ScheduleTarget.KubernetesCronJob, "the estate's path in the container must be a full one below a folder.");
        }

        var zone = ScheduleCommand.IanaName(schedule.TimeZone);
        return [new($"{unit}.yaml", $"""
            # etcd backup by DrPowerShell: kubectl apply -n NAMESPACE -f {unit}.yaml
            # Needs the Secret "drpowershell-estate" with the estate and the files it names, and Kubernetes 1.27 or newer (timeZone).
            apiVersion: batch/v1
            kind: CronJob
            metadata:
              name: {Quote(unit)}
              labels:
                app.kubernetes.io/name: "drpowershell"
            spec:
              schedule: {Quote(expression)}
              timeZone: {Quote(zone == "UTC" ? "Etc/UTC" : zone)}
              # The repository's own lock excludes runs elsewhere; this one excludes a second here.
              concurrencyPolicy: Forbid
              startingDeadlineSeconds: 3600
              successfulJobsHistoryLimit: 3
              failedJobsHistoryLimit: 3
              jobTemplate:
                spec:
                  backoffLimit: 0
                  activeDeadlineSeconds: 86400
                  template:
                    metadata:
                      labels:
                        app.kubernetes.io/name: "drpowershell"
                    spec:
                      restartPolicy: Never
                      automountServiceAccountToken: false
                      securityContext:
                        runAsNonRoot: true
                        runAsUser: 65532
                        runAsGroup: 65532
                        fsGroup: 65532
                        seccompProfile:
                          type: RuntimeDefault
                      containers:
                        - name: backup
                          image: {Quote(host.Image ?? "")}
                          command: [{Quote(host.PowerShellPath)}]
                          args: ["-NoProfile", "-NonInteractive", "-Command", {Quote(script)}]
                          env:
                            - name: HOME
                              value: "/tmp"
                            - name: POWERSHELL_TELEMETRY_OPTOUT
                              value: "1"
                          resources:
                            requests:
                              cpu: "250m"
                              memory: "256Mi"
                            limits:
                              memory: "512Mi"
                          securityContext:
                            allowPrivilegeEscalation: false
                            readOnlyRootFilesystem: true
                            capabilities:
                              drop: ["ALL"]
                          volumeMounts:
                            - name: estate
                              mountPath: {Quote(folder)}
                              readOnly: true
                            - name: tmp
                              mountPath: "/tmp"
                      volumes:
                        - name: estate
                          secret:
                            secretName: "drpowershell-estate"
                            defaultMode: 0440
                        - name: tmp
                          emptyDir: {"{}"}

            """)];
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text, Text);
}
