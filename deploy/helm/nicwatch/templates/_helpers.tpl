{{- define "nicwatch.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "nicwatch.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "nicwatch.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "nicwatch.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "nicwatch.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "nicwatch.serviceAccountName" -}}
{{- default (ternary (include "nicwatch.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "nicwatch.selectorLabels" -}}
app.kubernetes.io/name: {{ include "nicwatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "nicwatch.labels" -}}
{{ include "nicwatch.selectorLabels" . }}
app.kubernetes.io/component: exporter
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* The meshes have names of their own, so that selectors of the agents do not find them. */ -}}
{{- define "nicwatch.probeSelectorLabels" -}}
app.kubernetes.io/name: {{ include "nicwatch.name" .root | trunc 50 | trimSuffix "-" }}-probe-{{ .path }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "nicwatch.probeLabels" -}}
{{ include "nicwatch.probeSelectorLabels" . }}
app.kubernetes.io/component: probe
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "nicwatch.image" -}}
{{- $repository := .Values.image.repository }}
{{- with .Values.image.registry }}{{ $repository = printf "%s/%s" . $repository }}{{ end }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "nicwatch.probe" -}}
{{- if .webConfig.existingSecret -}}
tcpSocket:
  port: metrics
{{- else -}}
httpGet:
  path: {{ .path }}
  port: metrics
{{- end }}
{{- with .probe }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* With each restart the pod is another, and every series would begin anew: node and instance are the node's name. */ -}}
{{- define "nicwatch.endpoint" -}}
port: metrics
interval: {{ .interval }}
{{- if ne .scheme "http" }}
scheme: {{ .scheme }}
{{- end }}
{{- with .tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
relabelings:
  - sourceLabels:
      - __meta_kubernetes_pod_node_name
    targetLabel: node
  - sourceLabels:
      - __meta_kubernetes_pod_node_name
    targetLabel: instance
  - action: labeldrop
    regex: pod|container|endpoint|service
{{- end }}
