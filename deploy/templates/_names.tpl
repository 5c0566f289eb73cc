{{- define "extras.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "extras.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end -}}

{{- define "extras.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "extras.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- /* Where the database is, for the policies. */ -}}
{{- define "extras.databaseCidr" -}}
{{- if .Values.database.cidr -}}
{{ .Values.database.cidr }}
{{- else if regexMatch "^[0-9]+(\\.[0-9]+){3}$" .Values.database.host -}}
{{ .Values.database.host }}/32
{{- else -}}
{{- fail (printf "database.host %s is no address: set database.cidr to its network, or networkPolicies.enabled to false" .Values.database.host) -}}
{{- end -}}
{{- end -}}

{{- define "extras.environment" -}}
- configMapRef: {name: feature-platform-environment}
- secretRef: {name: {{ .Values.database.secret }}}
- secretRef: {name: feature-platform-sources, optional: true}
{{- end -}}
