#!/bin/sh
# Write the firmware to the strip, and try again when the cable is loose.
set -eu

device=${1:-/dev/ttyUSB0}
image=${2:-build/strip.bin}
tries=3

if [ ! -c "$device" ]; then
    echo "no device at $device: is the strip plugged in?" >&2
    exit 1
fi

while [ "$tries" -gt 0 ]; do
    if stripflash --device "$device" --write "$image" --verify; then
        echo "written"
        exit 0
    fi
    tries=$((tries - 1))
    echo "failed, $tries tries left" >&2
    sleep 2
done
exit 1
