#!/bin/busybox sh
# The first program of the guest: builds its file system out of what the host shares, and goes on there with guest.sh.
# Nothing of the host can be changed: what the guest writes stays in its memory. Only /out is shared both ways.
/bin/busybox --install -s /bin
export PATH=/bin

fail() {
  echo "vm: $*" >&2
  poweroff -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do
  insmod "$module" || fail "cannot load $module"
done

# share TAG FOLDER OPTIONS
share() {
  mkdir -p "$2"
  mount -t 9p -o "trans=virtio,version=9p2000.L,msize=524288,$3" "$1" "$2" || fail "cannot mount $1"
}

# writable TAG FOLDER: a share that can be written to, without the host seeing any of it
writable() {
  share "$1" "/lower/$1" ro,cache=loose
  mkdir -p "/upper/$1" "/upper/$1.work" "$2"
  mount -t overlay -o "lowerdir=/lower/$1,upperdir=/upper/$1,workdir=/upper/$1.work" overlay "$2" ||
    fail "cannot mount $1 at $2"
}

mount -t tmpfs -o mode=755,size=80% tmpfs /upper
share out /out rw,cache=none
. /out/settings

writable root /new
mount -t tmpfs -o mode=1777,size=50% tmpfs /new/tmp
mount -t tmpfs -o mode=755 tmpfs /new/run
writable tree "/new$TREE"
for bind in $BINDS; do
  mkdir -p "/new${bind#*:}"
  mount --bind "/new${bind%:*}" "/new${bind#*:}" || fail "cannot bind $bind"
done

mkdir -p /new/run/vm/out "/new/lib/modules"
mount --move /out /new/run/vm/out
share modules /new/lib/modules ro,cache=loose
cp /bin/busybox /guest.sh /new/run/vm
for name in proc sys dev; do
  mkdir -p "/new/$name"
  mount --move "/$name" "/new/$name"
done
exec switch_root /new /run/vm/busybox sh /run/vm/guest.sh
