#!/bin/sh
# e2fsprogs.sh SOURCE: the files that libext2fs's own set-up would make, in SOURCE/made, for PV images and for the unit
# tests.
#
# What we choose: integer types by C99, no Linux, no threads, no test rigs, no journals on other devices (which is all
# that blkid and uuid are there for).
set -eu

source=$1
out=$source/made
types="s/@SIZEOF_SHORT@/2/g; s/@SIZEOF_INT@/4/g; s/@SIZEOF_LONG@/8/g; s/@SIZEOF_LONG_LONG@/8/g; s/@[A-Za-z_]*@//g"

rm -rf "$out"
mkdir -p "$out/ext2fs" "$out/uuid" "$out/blkid" "$out/et" "$out/arpa"
sed "$types" "$source/lib/ext2fs/ext2_types.h.in" > "$out/ext2fs/ext2_types.h"
sed "$types" "$source/lib/blkid/blkid_types.h.in" > "$out/blkid/blkid_types.h"
cp "$source/lib/blkid/blkid.h.in" "$out/blkid/blkid.h"
cp "$source/lib/uuid/uuid.h.in" "$out/uuid/uuid.h"
cp "$source/lib/et/com_err.h" "$out/et"
cp "$source"/lib/ext2fs/*.h "$out/ext2fs"

for kind in h c; do
    awk -f "$source/lib/et/et_$kind.awk" outfile="$out/ext2_err.$kind" outfn=ext2_err.$kind \
        "$source/lib/ext2fs/ext2_err.et.in"
done
mv "$out/ext2_err.h" "$out/ext2fs"
cc -O1 -I"$out" -I"$source/lib" -o "$out/gen_crc32ctable" \
    "$source/lib/ext2fs/gen_crc32ctable.c"
"$out/gen_crc32ctable" > "$out/crc32c_table.h"

cat > "$out/config.h" <<END
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TIME_H 1
#define HAVE_UNISTD_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_STRINGS_H 1
#define HAVE_STDINT_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_FCNTL_H 1
#define HAVE_ERRNO_H 1
#define HAVE_EXT2_IOCTLS 0
#define HAVE_STRUCT_STAT_ST_ATIM 0
#define SIZEOF_SHORT 2
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T 8
#define SIZEOF_TIME_T 8
END

# The journal's numbers are big-endian; upstream asks the network's header for the conversion.
cat > "$out/arpa/inet.h" <<END
#define htonl(x) __builtin_bswap32(x)
#define ntohl(x) __builtin_bswap32(x)
#define htons(x) __builtin_bswap16(x)
#define ntohs(x) __builtin_bswap16(x)
END
