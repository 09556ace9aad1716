#!/bin/sh
# Runs the acceptance test on a new node, and takes its taint away when all paths to other nodes can be trusted:
#   prove-node.sh NODE [PEERS]
# PEERS is how many other nodes to probe, 3 by default. Nodes are to register with the taint nicwatch/unproven, for example
# by the kubelet's --register-with-taints=nicwatch/unproven=true:NoSchedule.
set -eu

node=${1:?expected the name of a node}
count=${2:-3}
folder=$(dirname "$0")
job=nicwatch-acceptance-$node

# The addresses of the responders on other nodes, in random order.
peers=$(kubectl -n nicwatch get pods -l app.kubernetes.io/name=nicwatch-probe-pod \
  --field-selector "status.phase=Running,spec.nodeName!=$node" \
  -o 'jsonpath={range .items[*]}{.status.podIP}{"\n"}{end}' | shuf -n "$count")
if [ -z "$peers" ]; then
  echo "$node: no other node answers probes" >&2
  exit 2
fi
arguments=$(printf '\\1- --to=%s\\n' $peers)

kubectl -n nicwatch delete job "$job" --ignore-not-found
kubectl kustomize "$folder" \
  | sed -e "s/nicwatch-acceptance-NODE/$job/" -e "s/nodeName: NODE/nodeName: $node/" \
    -e "s/^\( *\)- --to=PEER\$/${arguments%\\\\n}/" \
  | kubectl apply -f -

while true; do
  state=$(kubectl -n nicwatch get job "$job" \
    -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
  case $state in
    *Complete* | *Failed*) break ;;
  esac
  sleep 2
done
kubectl -n nicwatch logs "job/$job" || true
case $state in
  *Complete*) kubectl taint node "$node" nicwatch/unproven- ;;
  *)
    echo "$node: not proven, its taint stays" >&2
    exit 1
    ;;
esac
