/* partition.c: GPT, then the classic table. */
#include "partition.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#define SECTOR 512U
#define PAGE   4096U

struct reader {
    uint64_t sectors;
    int (*read)(void *arg, uint64_t sector, void *buf, size_t bytes);
    int (*each)(void *arg, const struct partition *p);
    void *arg;
    uint8_t *page;
};

static uint32_t le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static bool read_at(const struct reader *r, uint64_t sector, size_t bytes)
{
    return sector < r->sectors && bytes / SECTOR <= r->sectors - sector &&
           r->read(r->arg, sector, r->page, bytes) == 0;
}

static int tell(const struct reader *r, unsigned number, uint64_t first, uint64_t sectors)
{
    struct partition p = { number, first, sectors };

    if (first == 0 || sectors == 0 || first >= r->sectors || sectors > r->sectors - first)
        return 0;
    return r->each(r->arg, &p);
}

/* ---- GPT: a header of 92 bytes, and a list of entries of 128 or more ---- */

#define GPT_HEADER_BYTES 92U
#define GPT_ENTRY_BYTES  128U

struct gpt {
    uint64_t list;              /* its first sector */
    uint32_t entries, crc;
};

static bool read_gpt(const struct reader *r, uint64_t at, struct gpt *gpt)
{
    uint8_t *h = r->page;
    uint32_t crc;

    if (!read_at(r, at, SECTOR) || memcmp(h, "EFI PART", 8) != 0 || le32(h + 12) != GPT_HEADER_BYTES)
        return false;
    crc = le32(h + 16);
    memset(h + 16, 0, 4);
    if (crc32(0, h, GPT_HEADER_BYTES) != crc || le64(h + 24) != at || le32(h + 84) != GPT_ENTRY_BYTES)
        return false;
    *gpt = (struct gpt){ le64(h + 72), le32(h + 80), le32(h + 88) };
    return gpt->entries > 0 && gpt->entries <= PARTITIONS_MAX;
}

/* Walks the list a page at a time: its checksum, or its partitions. */
static int walk_gpt(const struct reader *r, const struct gpt *gpt, uint32_t *crc)
{
    uint32_t left = gpt->entries * GPT_ENTRY_BYTES, sum = (uint32_t)crc32(0, NULL, 0);
    int rc = 0;

    for (uint64_t at = gpt->list; left && rc == 0; at += PAGE / SECTOR) {
        uint32_t bytes = left < PAGE ? left : PAGE, in = gpt->entries * GPT_ENTRY_BYTES - left;

        if (!read_at(r, at, (bytes + SECTOR - 1) / SECTOR * SECTOR))
            return -EIO;
        sum = (uint32_t)crc32(sum, r->page, bytes);
        for (uint32_t i = 0; i < bytes && rc == 0 && !crc; i += GPT_ENTRY_BYTES) {
            const uint8_t *e = r->page + i;
            uint64_t first = le64(e + 32), last = le64(e + 40);

            if ((le64(e) || le64(e + 8)) && last >= first && last != UINT64_MAX)
                rc = tell(r, (in + i) / GPT_ENTRY_BYTES + 1, first, last - first + 1);
        }
        left -= bytes;
    }
    if (crc)
        *crc = sum;
    return rc;
}

/* True: there is a good one, *rc says how its partitions were taken. */
static bool try_gpt(const struct reader *r, uint64_t at, int *rc)
{
    struct gpt gpt;
    uint32_t crc;

    if (!read_gpt(r, at, &gpt) || walk_gpt(r, &gpt, &crc) || crc != gpt.crc)
        return false;
    *rc = walk_gpt(r, &gpt, NULL);
    return true;
}

/* ---- the classic table: four entries of 16 bytes; one may hold a chain of further tables ---- */

#define MBR_TABLE     446U
#define MBR_LOGICAL   5U        /* number of the first logical partition */
#define MBR_CHAIN_MAX 60U

struct mbr_entry {
    uint8_t type;
    uint32_t first, sectors;
};

static bool read_mbr(const struct reader *r, uint64_t at, struct mbr_entry entries[4])
{
    if (!read_at(r, at, SECTOR) || r->page[510] != 0x55 || r->page[511] != 0xaa)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *e = r->page + MBR_TABLE + 16 * i;

        /* The first byte says whether it can be booted: another value means that this is no table at all. */
        if (e[0] & 0x7f)
            return false;
        entries[i] = (struct mbr_entry){ e[4], le32(e + 8), le32(e + 12) };
    }
    return true;
}

static bool is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0f || type == 0x85;
}

/* Each table of the chain has one partition, counted from itself, and the
 * next table, counted from the first. */
static int logical(const struct reader *r, uint64_t start)
{
    uint64_t at = start;
    struct mbr_entry e[4];
    int rc = 0;

    for (unsigned i = 0; i < MBR_CHAIN_MAX && rc == 0 && read_mbr(r, at, e); i++) {
        rc = e[0].type ? tell(r, MBR_LOGICAL + i, at + e[0].first, e[0].sectors) : 0;
        if (!is_extended(e[1].type) || e[1].first == 0)
            break;
        at = start + e[1].first;
    }
    return rc;
}

static int classic(const struct reader *r)
{
    struct mbr_entry e[4];
    int rc = 0;

    if (!read_mbr(r, 0, e))
        return 0;
    for (unsigned i = 0; i < 4 && rc == 0; i++)
        if (e[i].type && !is_extended(e[i].type))
            rc = tell(r, i + 1, e[i].first, e[i].sectors);
    for (unsigned i = 0; i < 4 && rc == 0; i++)
        if (is_extended(e[i].type))
            rc = logical(r, e[i].first);
    return rc;
}

int partition_each(uint64_t sectors, void *page,
                   int (*read)(void *arg, uint64_t sector, void *buf, size_t bytes),
                   int (*each)(void *arg, const struct partition *p), void *arg)
{
    struct reader r = { sectors, read, each, arg, page };
    int rc = 0;

    if (sectors < 2)
        return 0;
    if (!try_gpt(&r, 1, &rc) && !try_gpt(&r, sectors - 1, &rc))
        rc = classic(&r);
    return rc;
}
