#!/bin/bash
# Boots the Debian below ROOT in namespaces of its own, with systemd as its process 1, and stays until that ends:
#   boot-machine.sh ROOT CGROUP
# The network namespace is the caller's. What systemd would set on the host's kernel it is not allowed to.
set -euo pipefail

if [ "${3:-}" != inside ]; then
  echo $$ > "$2/cgroup.procs"
  exec unshare --mount --pid --fork --uts --ipc --cgroup --kill-child -- \
    setpriv --bounding-set=-sys_time,-sys_module --inh-caps=-sys_time,-sys_module "$0" "$1" "$2" inside
fi

mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null:1:3:666 zero:1:5:666 full:1:7:666 random:1:8:666 urandom:1:9:666 tty:5:0:666 kmsg:1:11:644; do
  IFS=: read -r name major minor mode <<< "$device"
  mknod -m "$mode" "dev/$name" c "$major" "$minor"
done
pivot_root . mnt
umount -l /mnt
# As systemd has it where it boots a machine; in a container it leaves that to others.
mount --make-rshared /
exec env -i container=nicwatch-test PATH=/usr/sbin:/usr/bin \
  /usr/lib/systemd/systemd --log-target=null < /dev/null
