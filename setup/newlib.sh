#!/bin/sh
# newlib.sh SOURCE BUILD SYSROOT CFLAGS: builds newlib for PV images with the host's compiler.
#
# SOURCE holds the files of Debian's newlib-source. What we choose: every C99 and long long format, one set of
# standard streams for all threads in a small reentrancy structure, locks that the kit provides
# (__retarget_lock_*), and system calls by their plain names (write, sbrk, ...), which the kit provides too.
# SYSROOT/newlib.done says that it is there. Two runs in one tree are fine: the second one finds the work
# done.
set -eu

source=$(realpath "$1")
sysroot=$(realpath -m "$3")
cflags=$4
jobs=2
log=$(realpath -m "$2")/log

build()
{
    tar -xf "$source"/usr/src/newlib/newlib-*.tar.xz --strip-components=1
    mkdir build
    cd build
    ../newlib/configure --host=x86_64-elf --prefix=/ \
        --disable-multilib --disable-dependency-tracking --disable-newlib-supplied-syscalls \
        --enable-newlib-io-c99-formats --enable-newlib-io-long-long --enable-newlib-io-long-double \
        --enable-newlib-retargetable-locking --enable-newlib-reent-small \
        --enable-newlib-global-stdio-streams \
        CC=gcc AS=as AR=ar NM=nm RANLIB=ranlib STRIP=strip READELF=readelf CFLAGS="$cflags"
    # read and write count in 64 bits, as in POSIX.
    cat >> newlib.h <<END
#define _READ_WRITE_RETURN_TYPE _ssize_t
#define _READ_WRITE_BUFSIZE_TYPE __SIZE_TYPE__
END
    make -j$jobs
    make install DESTDIR="$PWD/installed"
}

mkdir -p "$sysroot"
exec 9> "$sysroot/newlib.lock"
flock 9
if [ "$sysroot/newlib.done" -nt "$0" ] && [ "$(cat "$sysroot/newlib.done")" = "$cflags" ]; then
    touch "$sysroot/newlib.done"
    exit 0
fi

rm -rf "$2"
mkdir -p "$2"
unset MAKEFLAGS MFLAGS MAKELEVEL
if ! (cd "$2" && build) > "$log" 2>&1; then
    grep -m 5 -i 'error' "$log" >&2 || tail -5 "$log" >&2
    echo "newlib.sh: the build failed; the whole story is in $log" >&2
    exit 1
fi
cp -r "$2"/build/installed/x86_64-elf/include "$2"/build/installed/x86_64-elf/lib "$sysroot"
echo "$cflags" > "$sysroot/newlib.done"
