#!/usr/bin/env bash
# Prints operations that give each instance group of a manifest the first
# vm_type and the first network of a cloud config, and its first availability
# zone where the manifest names one that it does not have:
#
#   bosh deploy manifests/redis.yml -o <(manifests/operators/pick-from-cloud-config.sh)
#
# Arguments: the manifest, if it is another one than manifests/redis.yml; a file
# with the cloud config, if it is not the Director's.
set -euo pipefail

manifest=${1:-$(dirname "${BASH_SOURCE[0]}")/../redis.yml}
if [ $# -ge 2 ]; then
  cloud_config=$(cat "$2")
else
  cloud_config=$(bosh cloud-config)
fi

# in_cloud_config PATH: what the cloud config has there.
in_cloud_config() {
  bosh int <(printf '%s\n' "${cloud_config}") --path "$1" 2>/dev/null
}

# first LIST: the name of the first item of a list in the cloud config.
first() {
  in_cloud_config "/$1/0/name" || {
    echo "The cloud config has no $1" >&2
    return 1
  }
}

# in_manifest PATH: what the manifest has there.
in_manifest() {
  bosh int "${manifest}" --path "$1" 2>/dev/null
}

# knows_zones GROUP: whether the cloud config has all zones of a group.
knows_zones() {
  local zone index=0
  while zone=$(in_manifest "/instance_groups/name=$1/azs/${index}"); do
    in_cloud_config "/azs/name=${zone}" >/dev/null || return 1
    index=$((index + 1))
  done
}

bosh int "${manifest}" --path /instance_groups/0/name >/dev/null
vm_type=$(first vm_types)
network=$(first networks)

index=0
while group=$(in_manifest "/instance_groups/${index}/name"); do
  cat <<OPS
- type: replace
  path: /instance_groups/name=${group}/vm_type?
  value: "${vm_type}"
- type: replace
  path: /instance_groups/name=${group}/networks?
  value: [{name: "${network}"}]
OPS
  if ! knows_zones "${group}" && zone=$(in_cloud_config /azs/0/name); then
    cat <<OPS
- type: replace
  path: /instance_groups/name=${group}/azs?
  value: ["${zone}"]
OPS
  fi
  index=$((index + 1))
done
