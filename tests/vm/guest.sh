# The guest's first process once the host's tree is its root: runs the command, tells its status, and
# switches the machine off.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ip link set lo up
# kube-proxy wants room for 131,072 connections. A machine of this size has half of it, and a namespace
# cannot change that (nf_conntrack_init_start in net/netfilter/nf_conntrack_core.c: 8 for each bucket).
# Only here: modprobe in a namespace would fail for it.
modprobe nf_conntrack hashsize=65536
# The tools look each protocol up, ipset for each line of its input: in memory that takes no time.
for table in protocols services nsswitch.conf; do
    cp "/etc/$table" "/etc/$table.new" && mv "/etc/$table.new" "/etc/$table"
done
(. /run/vm/command) </dev/null >>/run/vm/stdout 2>>/run/vm/stderr
status=$?
sync
echo "$status" >/run/vm/status
echo o >/proc/sysrq-trigger
sleep 60
