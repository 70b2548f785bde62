#!/usr/bin/env bash
# Prints operations that give each instance group of a manifest the first
# vm_type and the first network of the Director's cloud config:
#
#   bosh deploy manifests/redis.yml -o <(manifests/operators/pick-from-cloud-config.sh)
#
# Argument: the manifest, if it is another one than manifests/redis.yml.
set -euo pipefail

manifest=${1:-$(dirname "${BASH_SOURCE[0]}")/../redis.yml}
cloud_config=$(bosh cloud-config)

# first LIST: the name of the first item of a list in the cloud config.
first() {
  bosh int <(printf '%s\n' "${cloud_config}") --path "/$1/0/name" 2>/dev/null || {
    echo "The cloud config has no $1" >&2
    return 1
  }
}

bosh int "${manifest}" --path /instance_groups/0/name >/dev/null
vm_type=$(first vm_types)
network=$(first networks)

index=0
while group=$(bosh int "${manifest}" --path "/instance_groups/${index}/name" 2>/dev/null); do
  cat <<OPS
- type: replace
  path: /instance_groups/name=${group}/vm_type
  value: "${vm_type}"
- type: replace
  path: /instance_groups/name=${group}/networks
  value: [{name: "${network}"}]
OPS
  index=$((index + 1))
done
