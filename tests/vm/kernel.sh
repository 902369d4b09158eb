#!/usr/bin/env bash
# Fetches Debian's plain kernel, unpacks it where git does not look, and makes the initramfs that
# tests/vm/run.sh boots it with. Prints the folder: `kernel`, `initramfs` and `accelerator`. What is
# there already is taken as it is.
set -euo pipefail
vm="$(cd "$(dirname "$0")" && pwd)"
cache="${NETC_VM_CACHE:-$vm/../../target/vm}"
export PATH="$PATH:/usr/sbin:/sbin"

fail() {
    echo "tests/vm/kernel.sh: $*" >&2
    exit 1
}

for tool in busybox cpio depmod dpkg-deb modprobe qemu-system-x86_64; do
    command -v "$tool" >/dev/null || fail "there is no $tool; tests/run.sh installs what is needed"
done
[ "$(uname -m)" = x86_64 ] || fail "the virtual machine is an x86_64, and runs programs of this machine"
! ldd "$(command -v busybox)" >/dev/null 2>&1 || fail "busybox needs libraries; take the package busybox-static"
mkdir -p "$cache"
cache="$(cd "$cache" && pwd)"
new=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf "$new"' EXIT

# The package that linux-image-amd64 depends on, and the others, newest first. The cloud kernel has
# no 9p, the one for real time and the unsigned twins are not what people run.
candidates() {
    apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: *//p'
    apt-cache search --names-only '^linux-image-6\.1\.0-[0-9]+-amd64$' | cut -d' ' -f1 | sort -rV
}

# Downloads the first of the packages that there is into the folder.
download() {
    local package
    for package in $(candidates | awk '!seen[$0]++'); do
        if (cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "$package" >&2); then
            return 0
        fi
        echo "tests/vm/kernel.sh: $package cannot be downloaded" >&2
    done
    return 1
}

# Fetches and unpacks beside, and renames what is whole: no other run ever sees a half.
fetch() {
    local release
    command -v apt-get >/dev/null || fail "the kernel comes from Debian's packages, and there is no apt-get"
    if ! download "$new"; then
        [ "$(id -u)" != 0 ] || apt-get update -qq >&2 || true
        download "$new" || fail "no kernel: there is none in $cache, and none can be downloaded"
    fi
    dpkg-deb --extract "$new"/*.deb "$new/package"
    release=$(ls "$new/package/lib/modules")
    mkdir -p "$new/kernel/lib"
    mv "$new/package/lib/modules" "$new/kernel/lib/modules"
    mv "$new/package/boot/vmlinuz-$release" "$new/kernel/vmlinuz"
    depmod -b "$new/kernel" "$release"
    echo "$release" >"$new/kernel/release"
    rm -rf "$cache/kernel"
    # Another run may have been faster; its kernel is as good.
    mv -T "$new/kernel" "$cache/kernel" 2>/dev/null || whole || fail "cannot write $cache/kernel"
}

whole() {
    [ -s "$cache/kernel/release" ] && [ -s "$cache/kernel/vmlinuz" ] &&
        [ -s "$cache/kernel/lib/modules/$(cat "$cache/kernel/release")/modules.dep.bin" ]
}

# Busybox, the modules for the host's tree in the order in which they load, and init.
initramfs() {
    local release module number=10
    release=$(cat "$cache/kernel/release")
    mkdir -p "$new/root/bin" "$new/root/modules"
    cp "$(command -v busybox)" "$new/root/bin/busybox"
    cp "$vm/init" "$new/root/init"
    chmod 755 "$new/root/init"
    for module in $(modprobe -d "$cache/kernel" -S "$release" -D -a virtio_pci 9pnet_virtio 9p overlay |
        awk '$1 == "insmod" && !seen[$2]++ { print $2 }'); do
        cp "$module" "$new/root/modules/$number-$(basename "$module")"
        number=$((number + 1))
    done
    (cd "$new/root" && find . | cpio --quiet -o -H newc) >"$new/initramfs"
    mv -T "$new/initramfs" "$cache/initramfs"
}

# Not every machine that has /dev/kvm can use it. Where the kernel comes as far as to find that it
# has no root, it works: then it panics, and the virtual machine ends.
accelerator() {
    local found=tcg
    # Twice a redirection: the shell itself tells of a program that aborts.
    if [ -w /dev/kvm ] && { timeout 10 qemu-system-x86_64 -accel kvm -cpu max -m 512 -display none \
        -monitor none -nic none -no-reboot -kernel "$cache/kernel/vmlinuz" -append "panic=-1" \
        </dev/null >/dev/null 2>&1; } 2>/dev/null; then
        found=kvm
    fi
    echo "$found" >"$cache/accelerator"
}

whole || fetch
[ -s "$cache/accelerator" ] || accelerator
for source in "$vm/init" "$vm/kernel.sh" "$cache/kernel/release"; do
    if [ ! "$cache/initramfs" -nt "$source" ]; then
        initramfs
        break
    fi
done
echo "$cache"
