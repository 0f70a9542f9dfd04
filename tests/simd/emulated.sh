#!/bin/sh
# Runs a program under processors that lack what this one has: emulated.sh QEMU PROGRAM
# Each must choose the highest kernels of the processor, and give right results there without an illegal instruction.
set -eu
qemu=$1
program=$2
failed=0
check() { # PROCESSOR EXPECTED
    chosen=$("$qemu" -cpu "$1" "$program") || { echo "on $1: exit code $?"; failed=1; return; }
    echo "on $1: $chosen"
    [ "$chosen" = "$2" ] || { echo "expected $2"; failed=1; }
}
check qemu64 sse2
check Nehalem sse4.2
check SandyBridge avx
check Haswell avx2
# Every level on the highest processor that is emulated, and one that it lacks.
for level in sse2 sse4.2 avx avx2; do
    chosen=$(FIRTH_ARCH=$level "$qemu" -cpu max "$program") || { echo "$level: exit code $?"; failed=1; continue; }
    echo "held down to $chosen"
    [ "$chosen" = "$level" ] || { echo "expected $level"; failed=1; }
done
if FIRTH_ARCH=avx512 "$qemu" -cpu Haswell "$program" 2>/dev/null; then
    echo "avx512 was not refused on a processor without it"
    failed=1
fi
exit $failed
