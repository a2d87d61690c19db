/*
 * Partition tables. The input is flags and the disk's first sectors; with a flag, what the checksums of a
 * GPT must be is put in, so that its entries are looked at. Reads stay within the disk and are few; what is
 * reported lies within it.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "drivers/block/partition.h"
#include "kit/kit.h"

#define SECTOR  512u
#define SECTORS 128u            /* that hold something; the disk may say that it has more */

static uint8_t disk[SECTORS * SECTOR], page[KIT_PAGE] __attribute__((aligned(KIT_PAGE)));
static uint64_t sectors;
static unsigned reads, bad_read, partitions;

static int read_disk(void *arg, uint64_t sector, void *buf, size_t bytes)
{
    if (arg != disk || buf != page || bytes == 0 || bytes > KIT_PAGE || bytes % SECTOR)
        kit_wrong("a read of %zu bytes", bytes);
    if (sector >= sectors || bytes / SECTOR > sectors - sector)
        kit_wrong("a read outside of the disk: %zu bytes at %llu", bytes, (unsigned long long)sector);
    if (++reads > 200)
        kit_wrong("it reads for ever");
    if (reads == bad_read)
        return -5;
    memset(buf, 0, bytes);
    for (size_t i = 0; i < bytes / SECTOR; i++)
        if (sector + i < SECTORS)
            memcpy((uint8_t *)buf + i * SECTOR, disk + (sector + i) * SECTOR, SECTOR);
    return 0;
}

static int each(void *arg, const struct partition *p)
{
    if (arg != disk || p->number == 0 || p->number > PARTITIONS_MAX)
        kit_wrong("partition %u", p->number);
    if (p->first == 0 || p->sectors == 0 || p->first >= sectors || p->sectors > sectors - p->first)
        kit_wrong("partition %u leaves the disk", p->number);
    if (++partitions > PARTITIONS_MAX)
        kit_wrong("too many partitions");
    return 0;
}

static void put32(uint8_t *at, uint32_t v)
{
    memcpy(at, &v, 4);
}

/* A header whose fixed parts and checksums are right; the number of its entries and where they are is the
 * input's. */
static void mend_gpt(uint64_t at)
{
    uint8_t *h = disk + at * SECTOR;
    uint32_t entries;
    uint64_t list;

    memcpy(h, "EFI PART", 8);
    put32(h + 12, 92);
    memcpy(h + 24, &at, 8);
    put32(h + 84, 128);
    memcpy(&list, h + 72, 8);
    memcpy(&entries, h + 80, 4);
    if (list < SECTORS && entries < SECTORS * 4 && list + entries / 4 < SECTORS)
        put32(h + 88, (uint32_t)crc32(0, disk + list * SECTOR, entries * 128));
    put32(h + 16, 0);
    put32(h + 16, (uint32_t)crc32(0, h, 92));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t sizes[] = {
        SECTORS, SECTORS / 2, 2, 1, 0, 1u << 20, UINT64_MAX, UINT64_C(1) << 40,
    };
    unsigned flags;

    kit_input(data, size);
    flags = kit_byte();
    bad_read = kit_byte();
    sectors = sizes[flags & 7];
    reads = partitions = 0;
    memset(disk, 0, sizeof(disk));
    while (kit_input_left()) {      /* pieces here and there */
        unsigned at = kit_u16() % (sizeof(disk) - 256);

        kit_bytes(disk + at, kit_byte());
    }
    if (flags & 8)
        mend_gpt(1);
    if (flags & 16 && sectors >= 2 && sectors <= SECTORS)
        mend_gpt(sectors - 1);
    for (unsigned i = 0; i < SECTORS && flags & 32; i++) {
        disk[i * SECTOR + 510] = 0x55;
        disk[i * SECTOR + 511] = 0xaa;
    }
    partition_each(sectors, page, read_disk, each, disk);
    return 0;
}
