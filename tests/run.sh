#!/usr/bin/env bash
# Runs all tests: the pure ones and those of the program as a process, then those that need a
# kernel to themselves, at last those that need Debian's kernel with its modules. Installs the
# Debian packages that these need, if it may.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each tool and the package that has it.
tools="ip:iproute2 bridge:iproute2 iptables-nft:iptables iptables-legacy:iptables sysctl:procps unshare:util-linux conntrack:conntrack
    qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio modprobe:kmod
    ipvsadm:ipvsadm ipset:ipset nft:nftables wg:wireguard-tools ping:iputils-ping
    /usr/lib/cni/bridge:containernetworking-plugins
    nginx:nginx-light /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream haproxy:haproxy
    bird:bird2 vtysh:frr curl:curl tc:iproute2 setpriv:util-linux"
missing=""
for entry in $tools; do
    tool="${entry%%:*}"
    [ -e "$tool" ] || PATH="$PATH:/usr/sbin:/sbin" command -v "$tool" >/dev/null || missing="$missing ${entry##*:}"
done
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
if [ -n "${missing// /}" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing: $missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        # The tests start nginx and the like where they need them; Debian would start them at once.
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
        fi
        # shellcheck disable=SC2086
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "These packages are missing: $missing" >&2
        echo "Install them, for example with: apt-get install $missing" >&2
        exit 1
    fi
fi
export PATH="$PATH:/usr/sbin:/sbin"

echo "== ring 1 and 2: pure tests, and the program as a process"
cargo test --workspace

echo "== ring 3: a real kernel, in namespaces of its own"
kernel_tests=(--test live --test conformance --features kernel-tests)
# Left out are those that need modules that not every machine has, or bridges that heed vlans. Most of the
# time the others wait, for packets that are lost on purpose or for time limits: so twice as many run at once.
options=("--test-threads=$((2 * $(nproc)))" --skip ipvs:: --skip overlays::ipip --skip overlays::wireguard --skip overlays::changes::of_modules --skip cni::vlan --skip labs::delays)
cargo test "${kernel_tests[@]}" --no-run
if [ "$(id -u)" = 0 ]; then
    cargo test "${kernel_tests[@]}" -- "${options[@]}"
else
    # A user namespace gives the rights that the tests need, where the machine allows it. FRR's programs
    # become a user of their own, whom it does not have.
    unshare --user --map-root-user --net --mount \
        cargo test --offline "${kernel_tests[@]}" -- "${options[@]}" --skip from_frr
fi

echo "== ring 4: Debian's kernel, in a virtual machine"
# What must also hold with another kernel, one of modules: of each kind one. Tests of time limits are not
# among them: an emulated processor is slow.
both_kernels=(
    batches:: changes::a_device_that changes::what_others dual_stack::vxlan protocols::
    services::iptables::every_way services::iptables::connections services::flat::every_way
    nft::layouts::that_of_1_36 examples::flannel_vxlan examples::nginx_nodeport
)
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="$PWD/tests/vm/run.sh"
export NETC_VM_TIMEOUT="${NETC_VM_TIMEOUT:-2400}"
# Which modules are loaded is seen on a kernel that has only just started.
cargo test --test live --features kernel-tests -- modules::
# All recorded clusters are compared by the pure tests, and here those that have most in them, with the
# older back end fewer; of the random ones that the walk is held against one is enough.
poor=(random_ affinity cluster_ips health_checks no_pod_network node_ports policies primary_addresses several_ terminating topology)
cargo test --test live --features kernel-tests -- --skip overlays::changes::of_this_kernel \
    "${poor[@]/#/--skip=ipvs::conformance::nft::}" --skip proof::ipvs::seed_20 \
    --skip ipvs::conformance::legacy::source_ranges --skip ipvs::conformance::legacy::external_addresses \
    ipvs:: overlays::ipip overlays::wireguard overlays::changes::of_modules cni::vlan labs::delays "${both_kernels[@]}"
