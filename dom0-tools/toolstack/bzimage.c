/* The setup header of Linux's x86 boot protocol; offsets from the start of the file. */
#include <errno.h>
#include <string.h>

#include "bzimage.h"
#include "unpack.h"

enum {
    SETUP_SECTS = 0x1f1, BOOT_FLAG = 0x1fe, HEADER_MAGIC = 0x202, VERSION = 0x206,
    PAYLOAD_OFFSET = 0x248, PAYLOAD_LENGTH = 0x24c, HEADER_END = 0x250,
    SECTOR = 512, DEFAULT_SETUP_SECTS = 4, VERSION_WITH_PAYLOAD = 0x208
};

bool bzimage_is(struct view file)
{
    return view_number(file, BOOT_FLAG, 2) == 0xaa55 && view_has(file, HEADER_MAGIC, 4) &&
           !memcmp(file.at + HEADER_MAGIC, "HdrS", 4);
}

/* Whatever the packer, Linux puts the unpacked size behind the data; with gzip it is gzip's own trailer. */
static void split_trailer(struct view *payload, uint64_t *unpacked)
{
    *unpacked = 0;
    if (unpack_identify(*payload) == PACKING_NONE || payload->size < 4)
        return;
    *unpacked = view_number(*payload, payload->size - 4, 4);
    if (unpack_identify(*payload) != PACKING_GZIP)
        payload->size -= 4;
}

int bzimage_payload(struct view file, const char *name, struct view *payload, uint64_t *unpacked,
                    struct toolstack_error *err)
{
    uint64_t start, length, sectors = view_number(file, SETUP_SECTS, 1);
    unsigned version = (unsigned)view_number(file, VERSION, 2);

    if (!view_has(file, 0, HEADER_END))
        return toolstack_fail(err, -EBADMSG, name, "truncated bzImage: %llu bytes do not hold its header",
                              (unsigned long long)file.size);
    if (version < VERSION_WITH_PAYLOAD)
        return toolstack_fail(err, -EOPNOTSUPP, name,
                              "bzImage of boot protocol %u.%02u does not say where its kernel is, 2.08 does",
                              version >> 8, version & 0xff);

    start = ((sectors ? sectors : DEFAULT_SETUP_SECTS) + 1) * SECTOR + view_number(file, PAYLOAD_OFFSET, 4);
    length = view_number(file, PAYLOAD_LENGTH, 4);
    if (!view_has(file, start, length))
        return toolstack_fail(err, -EBADMSG, name,
                              "truncated bzImage: its kernel ends at byte %llu, the file at %llu",
                              (unsigned long long)(start + length), (unsigned long long)file.size);
    *payload = view_part(file, start, length);
    split_trailer(payload, unpacked);
    return 0;
}
