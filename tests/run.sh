#!/usr/bin/env bash
# Runs all tests: the pure ones and those of the program as a process, then those that need a
# kernel to themselves. Installs the Debian packages that the latter need, if it may.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each tool and the package that has it.
tools="ip:iproute2 bridge:iproute2 iptables-nft:iptables iptables-legacy:iptables sysctl:procps unshare:util-linux conntrack:conntrack"
missing=""
for entry in $tools; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${entry%%:*}" >/dev/null || missing="$missing ${entry##*:}"
done
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
if [ -n "${missing// /}" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing: $missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
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
cargo test "${kernel_tests[@]}" --no-run
if [ "$(id -u)" = 0 ]; then
    cargo test "${kernel_tests[@]}"
else
    # A user namespace gives the rights that the tests need, where the machine allows it.
    unshare --user --map-root-user --net --mount cargo test --offline "${kernel_tests[@]}"
fi
