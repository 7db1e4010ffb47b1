#!/bin/bash
# reflink.sh start FOLDER | stop FOLDER: an XFS file system of 512 MB (a sparse file) mounted at FOLDER, where files can share extents.
# Needs root and xfsprogs; start makes the folder, stop unmounts it and removes it with its image FOLDER.img.
. "$(dirname "$0")/lib.sh"
(($# == 2)) || usage
((EUID == 0)) || die "needs root"
case $1 in
  start)
    need mkfs.xfs xfsprogs
    mkdir -p "$2"
    truncate -s 512M "$2.img"
    mkfs.xfs -q -m reflink=1 "$2.img" >&2
    mount -o loop "$2.img" "$2" ;;
  stop)
    umount "$2"
    rmdir "$2"
    rm -f "$2.img" ;;
  *) usage ;;
esac
