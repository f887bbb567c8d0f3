# The second program of the guest, in its root: prepares what a booted system has, runs the job, and halts.
vm=/run/vm
mkdir $vm/bin
$vm/busybox --install -s $vm/bin
. $vm/out/settings
export PATH="$GUEST_PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root LANG=C.UTF-8 USER=root

tool() { "$vm/bin/$@"; }

tool date -s "@$NOW" >/dev/null
tool hostname localhost
tool mkdir -p /dev/pts /dev/shm /run/lock
tool mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
tool mount -t tmpfs -o mode=1777 tmpfs /dev/shm
tool mount -t cgroup2 cgroup2 /sys/fs/cgroup
tool ln -sf /proc/self/fd /dev/fd
for stream in stdin:0 stdout:1 stderr:2; do tool ln -sf "/proc/self/fd/${stream#*:}" "/dev/${stream%:*}"; done
tool ip link set lo up

# The kernel asks for modules by this program; there may be no other that can.
printf '#!%s sh\nexec %s "$@"\n' $vm/busybox $vm/bin/modprobe >$vm/modprobe
tool chmod 755 $vm/modprobe
echo $vm/modprobe >/proc/sys/kernel/modprobe
for module in $MODULES; do
  tool modprobe "$module" || echo "vm: there is no module $module"
done

ulimit -n 524288
ulimit -Sn 1024
cd "$TREE" || exit
# shellcheck disable=SC2086 -- several words
export $EXPORTED
# By its path: busybox takes the programs that it has itself for all others.
/bin/sh $vm/out/job </dev/null
echo $? >$vm/out/status
tool sync
tool poweroff -f
