#!/bin/sh
# Runs a command in a Debian root, in namespaces of its own, where there is a veth device eno1: ROOT FILES COMMAND.
# What it changes goes to a file system in memory; FILES is a folder that is laid over the root.
exec unshare --net --mount --pid --ipc --uts --fork sh -ec '
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
mount -t proc proc /mnt/root/proc
mount -t sysfs sysfs /mnt/root/sys
mount -t tmpfs tmpfs /mnt/root/run
mount --bind /dev /mnt/root/dev
cp -a "$2/." /mnt/root/
hostname testnode
ip link set lo up
exec chroot /mnt/root sh -c "$3"
' sh "$1" "$2" "$3"
