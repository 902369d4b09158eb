#!/usr/bin/env bash
# Runs a command under Debian's kernel in a virtual machine, as root, and ends with its status:
#
#     tests/vm/run.sh bash -c 'uname -r; ipvsadm -Ln'
#     CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="$PWD/tests/vm/run.sh" \
#         cargo test --test live --features kernel-tests -- services
#
# The guest sees the whole tree of this machine. What it writes is gone with it, except below the
# current folder. There is no network but its own. NETC_VM_TIMEOUT limits its seconds, NETC_VM_CACHE
# says where the kernel is kept, NETC_VM_CPUS and NETC_VM_MEMORY (megabytes) how large it is.
set -euo pipefail
vm="$(cd "$(dirname "$0")" && pwd)"
limit="${NETC_VM_TIMEOUT:-900}"
export PATH="$PATH:/usr/sbin:/sbin"

[ $# -gt 0 ] || { echo "usage: tests/vm/run.sh COMMAND [ARGUMENT…]" >&2; exit 2; }
kernel=$("$vm/kernel.sh") || exit 125

shared=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$shared"' EXIT
cp "$vm/guest.sh" "$shared/guest"
: >"$shared/stdout"
: >"$shared/stderr"
: >"$shared/console"
printf 'directory=%q\nkernel=%q\n' "$PWD" "$kernel/kernel" >"$shared/settings"
{
    for name in $(compgen -e); do
        case "$name" in
            NETC_* | CARGO_* | RUST_* | INSTA_* | UPDATE | CI | PATH | HOME | LD_LIBRARY_PATH)
                printf 'export %s=%q\n' "$name" "${!name}"
                ;;
        esac
    done
    printf 'cd %q\n' "$PWD"
    printf 'exec'
    printf ' %q' "$@"
    echo
} >"$shared/command"

share=security_model=none,multidevs=remap
# Emulated, code is translated anew wherever it has another address: with random addresses, for every process.
# Five levels of page tables and what else guards memory cost time too.
timeout --kill-after=5 "$limit" qemu-system-x86_64 \
    -accel "$(cat "$kernel/accelerator")" -cpu max,-la57,-smap,-smep,-pcid,-umip \
    -smp "${NETC_VM_CPUS:-2}" -m "${NETC_VM_MEMORY:-2048}" \
    -display none -vga none -monitor none -nic none -no-reboot -serial "file:$shared/console" \
    -virtfs "local,path=/,mount_tag=host,$share" \
    -virtfs "local,path=$shared,mount_tag=vm,$share" \
    -kernel "$kernel/kernel/vmlinuz" -initrd "$kernel/initramfs" \
    -append "console=ttyS0 quiet panic=-1 oops=panic mitigations=off norandmaps" \
    </dev/null >"$shared/qemu" 2>&1 &
machine=$!
tail -qf -c +1 -s 0.2 --pid="$machine" "$shared/stdout" &
tail -qf -c +1 -s 0.2 --pid="$machine" "$shared/stderr" >&2 &
ended=0
wait "$machine" || ended=$?
wait

if [ ! -s "$shared/status" ]; then
    {
        echo "tests/vm/run.sh: the virtual machine ended without a result (qemu's status is $ended)"
        [ "$ended" != 124 ] || echo "it had not ended within $limit s (NETC_VM_TIMEOUT)"
        cat "$shared/qemu"
        echo "the last that its console shows:"
        tail -n 60 "$shared/console"
    } >&2
    exit 125
fi
exit "$(cat "$shared/status")"
