/* Partition tables as somebody may have written them: good ones are read, in the right
 * order and with the right numbers; what lies outside of the disk is nobody's; random bytes
 * lead nowhere and to no endless walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "drivers/block/partition.h"

#define SECTOR  512U
#define SECTORS 4096U

static uint8_t disk[SECTORS * SECTOR];
static uint8_t page[4096];
static unsigned reads, bad_sector;

static struct partition found[256];
static unsigned count, stop_at;

static int read_disk(void *arg, uint64_t sector, void *buf, size_t bytes)
{
    (void)arg;
    reads++;
    assert_ptr_equal(buf, page);
    assert_true(bytes <= sizeof(page) && bytes % SECTOR == 0);
    assert_true(sector + bytes / SECTOR <= SECTORS);
    if (bad_sector && sector <= bad_sector && bad_sector < sector + bytes / SECTOR)
        return -EIO;
    memcpy(buf, disk + sector * SECTOR, bytes);
    return 0;
}

static int keep(void *arg, const struct partition *p)
{
    assert_ptr_equal(arg, disk);
    assert_true(p->first > 0 && p->first < SECTORS && p->sectors > 0 && p->sectors <= SECTORS - p->first);
    found[count++] = *p;
    return count == stop_at ? -ENOMEM : 0;
}

static int look(void)
{
    count = reads = 0;
    return partition_each(SECTORS, page, read_disk, keep, disk);
}

static int clear(void **state)
{
    (void)state;
    memset(disk, 0, sizeof(disk));
    stop_at = bad_sector = 0;
    return 0;
}

static void put(uint64_t at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        disk[at + i] = (uint8_t)(value >> 8 * i);
}

static void assert_partition(unsigned i, unsigned number, uint64_t first, uint64_t sectors)
{
    assert_true(i < count);
    assert_int_equal(found[i].number, number);
    assert_int_equal(found[i].first, first);
    assert_int_equal(found[i].sectors, sectors);
}

/* ---- GPT ---- */

#define ENTRIES 128U

static void gpt_entry(uint64_t list, unsigned i, uint64_t first, uint64_t last)
{
    uint64_t at = list * SECTOR + i * 128;

    put(at, 0x123456789abcdef0, 8);
    put(at + 32, first, 8);
    put(at + 40, last, 8);
}

static void gpt_header(uint64_t at, uint64_t list, uint32_t entries)
{
    uint64_t h = at * SECTOR;

    memcpy(disk + h, "EFI PART", 8);
    put(h + 8, 0x10000, 4);
    put(h + 12, 92, 4);
    put(h + 16, 0, 4);
    put(h + 24, at, 8);
    put(h + 72, list, 8);
    put(h + 80, entries, 4);
    put(h + 84, 128, 4);
    put(h + 88, crc32(0, disk + list * SECTOR, entries * 128), 4);
    put(h + 16, crc32(0, disk + h, 92), 4);
}

static void both_gpts(void)
{
    for (uint64_t list = 2; list; list = list == 2 ? SECTORS - 33 : 0) {
        gpt_entry(list, 0, 64, 127);
        gpt_entry(list, 1, 128, 128);
        gpt_entry(list, 100, 1000, SECTORS - 34);
    }
    gpt_header(1, 2, ENTRIES);
    gpt_header(SECTORS - 1, SECTORS - 33, ENTRIES);
}

static void assert_both(void)
{
    assert_int_equal(look(), 0);
    assert_int_equal(count, 3);
    assert_partition(0, 1, 64, 64);
    assert_partition(1, 2, 128, 1);
    assert_partition(2, 101, 1000, SECTORS - 34 - 1000 + 1);
}

static void test_gpt(void **state)
{
    (void)state;
    both_gpts();
    assert_both();
    stop_at = 2;
    assert_int_equal(look(), -ENOMEM);
    assert_int_equal(count, 2);
}

static void test_gpt_second_copy(void **state)
{
    (void)state;
    both_gpts();
    disk[1 * SECTOR + 40] ^= 1;         /* the header's checksum */
    assert_both();
    both_gpts();
    disk[2 * SECTOR + 5000] ^= 1;       /* the list's */
    assert_both();
    both_gpts();
    bad_sector = 1;
    assert_both();
    bad_sector = 20;
    assert_both();
}

static void test_gpt_wrong(void **state)
{
    (void)state;
    gpt_entry(2, 0, 64, 63);                    /* ends before it begins */
    gpt_entry(2, 1, SECTORS, SECTORS + 5);      /* outside */
    gpt_entry(2, 2, 100, SECTORS);              /* ends outside */
    gpt_entry(2, 3, 0, 10);                     /* over the table itself */
    gpt_entry(2, 4, 100, UINT64_MAX);
    gpt_entry(2, 5, 100, 199);
    gpt_header(1, 2, ENTRIES);
    assert_int_equal(look(), 0);
    assert_int_equal(count, 1);
    assert_partition(0, 6, 100, 100);

    gpt_header(1, SECTORS - 2, 4);              /* a list at the end, then one outside */
    assert_int_equal(look(), 0);
    put(SECTOR + 72, UINT64_MAX - 1, 8);
    put(SECTOR + 16, 0, 4);
    put(SECTOR + 16, crc32(0, disk + SECTOR, 92), 4);
    assert_int_equal(look(), 0);
    assert_int_equal(count, 0);
    gpt_header(1, 2, ENTRIES + 1);              /* more than there may be */
    assert_int_equal(look(), 0);
    assert_int_equal(count, 0);
}

/* ---- the classic table ---- */

static void mbr_entry(uint64_t table, unsigned i, uint8_t type, uint32_t first, uint32_t sectors)
{
    uint64_t at = table * SECTOR + 446 + 16 * i;

    disk[at + 4] = type;
    put(at + 8, first, 4);
    put(at + 12, sectors, 4);
    put(table * SECTOR + 510, 0xaa55, 2);
}

static void test_classic(void **state)
{
    (void)state;
    mbr_entry(0, 0, 0x83, 64, 100);
    mbr_entry(0, 2, 0x05, 1000, 2000);
    mbr_entry(0, 3, 0x82, 3500, 1000000);       /* too long */
    mbr_entry(1000, 0, 0x83, 10, 20);
    mbr_entry(1000, 1, 0x05, 500, 500);
    mbr_entry(1500, 0, 0x83, 1, 2);
    assert_int_equal(look(), 0);
    assert_int_equal(count, 3);
    assert_partition(0, 1, 64, 100);
    assert_partition(1, 5, 1010, 20);
    assert_partition(2, 6, 1501, 2);
}

static void test_classic_circle(void **state)
{
    (void)state;
    mbr_entry(0, 0, 0x0f, 1000, 2000);
    mbr_entry(1000, 0, 0x83, 10, 20);
    mbr_entry(1000, 1, 0x05, 500, 500);
    mbr_entry(1500, 0, 0x83, 10, 20);
    mbr_entry(1500, 1, 0x05, 500, 500);         /* itself */
    assert_int_equal(look(), 0);
    assert_true(count >= 2 && count < 100 && reads < 200);
}

static void test_no_table(void **state)
{
    (void)state;
    assert_int_equal(look(), 0);
    assert_int_equal(count, 0);
    mbr_entry(0, 0, 0x83, 64, 100);
    disk[446] = 0x20;                           /* what a boot sector of a file system may have there */
    assert_int_equal(look(), 0);
    assert_int_equal(count, 0);
    bad_sector = SECTORS - 1;
    assert_int_equal(look(), 0);
    assert_int_equal(partition_each(1, page, read_disk, keep, disk), 0);
}

/* A good table of either kind with random damage, checksums made right again. */
static void test_random(void **state)
{
    (void)state;
    srand(1);
    for (unsigned round = 0; round < 3000; round++) {
        memset(disk, 0, sizeof(disk));
        both_gpts();
        mbr_entry(0, 0, 0x83, 64, 100);
        mbr_entry(0, 1, 0x05, 1000, 2000);
        mbr_entry(1000, 0, 0x83, 10, 20);
        for (int i = rand() % 20; i >= 0; i--)
            disk[(unsigned)rand() % (rand() % 2 ? 3 * SECTOR : 1001 * SECTOR)] = (uint8_t)rand();
        if (round % 3) {
            put(SECTOR + 88, crc32(0, disk + 2 * SECTOR, ENTRIES * 128), 4);
            put(SECTOR + 16, 0, 4);
            put(SECTOR + 16, crc32(0, disk + SECTOR, 92), 4);
        }
        assert_int_equal(look(), 0);
        assert_true(reads < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_gpt, clear),
        cmocka_unit_test_setup(test_gpt_second_copy, clear),
        cmocka_unit_test_setup(test_gpt_wrong, clear),
        cmocka_unit_test_setup(test_classic, clear),
        cmocka_unit_test_setup(test_classic_circle, clear),
        cmocka_unit_test_setup(test_no_table, clear),
        cmocka_unit_test_setup(test_random, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
