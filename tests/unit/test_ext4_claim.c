/* Files as disks: where their sectors are, room for more of them, and what is taken from them. After each case
 * e2fsck must find nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ext4_world.h"

static struct world w;

static int mounted(void **state)
{
    (void)state;
    world_make(&w, "claim", 32, "-t ext4 -b 1024");
    return world_mount(&w, true);
}

static int unmounted(void **state)
{
    int rc = world_umount(&w);

    (void)state;
    world_save(&w, w.image);
    if (world_run(&w, "e2fsck -fn %s"))
        fail_msg("e2fsck found errors: see %s.log", w.path);
    world_free(&w);
    return rc;
}

/* 64 KiB of which nothing was written. */
static void make_file(struct pv_file *f)
{
    assert_int_equal(world_open(&w, "v.img", O_CREAT | O_RDWR, f), 0);
    assert_int_equal(f->ops->ftruncate(f, 64 * 1024), 0);
    f->ops->close(f);
}

/* It stays as it is meanwhile. */
static void claimed(void **state)
{
    static uint8_t bytes[2048], back[64 * 1024];
    struct pv_ext4_run run;
    struct pv_file f, other;
    struct pv_disk *disk;

    (void)state;
    memset(bytes, 7, sizeof(bytes));
    make_file(&f);
    assert_int_equal(world_claim(&w, "v.img", &f), 0);
    assert_int_equal(pv_ext4_claim(3, false, &disk), -EBUSY);
    assert_int_equal(world_open(&w, "v.img", O_RDWR, &other), -EBUSY);
    assert_int_equal(world_open(&w, "v.img", O_RDONLY | O_TRUNC, &other), -EBUSY);
    assert_int_equal(w.ops->unlink(w.fs, "v.img"), -EBUSY);
    assert_int_equal(w.ops->rename(w.fs, "v.img", "x.img"), -EBUSY);
    assert_int_equal(pv_ext4_where(3, 128, &run), -EINVAL);
    assert_int_equal(pv_ext4_where(3, 9, &run), 0);
    assert_false(run.data);
    assert_int_equal(run.sectors, 119);
    assert_int_equal(pv_ext4_reserve(3, 9, 4), 0);
    assert_int_equal(pv_ext4_where(3, 9, &run), 0);
    assert_true(run.data);
    assert_int_equal(run.sectors, 5);   /* blocks of 1 KiB: 8 to 13 */
    memcpy(w.image + run.sector * 512, bytes, sizeof(bytes));
    assert_int_equal(world_read_file(&w, "v.img", back, sizeof(back)), sizeof(back));
    assert_memory_equal(back + 9 * 512, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 9 * 512; i++)
        assert_int_equal(back[i], 0);
    world_release(&w, &f);
    assert_int_equal(w.ops->unlink(w.fs, "v.img"), 0);
}

static uint64_t free_blocks(void)
{
    struct pv_statfs st;

    assert_int_equal(w.ops->statfs(w.fs, &st), 0);
    return st.free_blocks;
}

/* What is taken from a file can be had by others, but not before a crash would know of it. */
static void discarded(void **state)
{
    const uint64_t sectors = 64 * 1024 / 512;
    struct pv_ext4_run run;
    struct pv_file f;
    uint64_t before;

    (void)state;
    make_file(&f);
    assert_int_equal(world_claim(&w, "v.img", &f), 0);
    assert_int_equal(pv_ext4_block(3), 1024);
    before = free_blocks();
    assert_int_equal(pv_ext4_reserve(3, 0, sectors), 0);
    assert_int_equal(free_blocks(), before - 64);
    assert_int_equal(world_discard(1, 2), 0);          /* no whole block */
    assert_int_equal(free_blocks(), before - 64);
    assert_int_equal(world_discard(1, 4), 0);          /* one, of two and two halves */
    assert_int_equal(free_blocks(), before - 63);
    assert_int_equal(pv_ext4_where(3, 2, &run), 0);
    assert_false(run.data);
    assert_int_equal(run.sectors, 2);
    assert_int_equal(pv_ext4_where(3, 4, &run), 0);
    assert_true(run.data);
    assert_int_equal(world_discard(0, sectors), 0);
    assert_int_equal(world_discard(0, sectors), 0);    /* again: nothing is there */
    assert_int_equal(free_blocks(), before);
    assert_int_equal(pv_ext4_where(3, 0, &run), 0);
    assert_true(!run.data && run.sectors == sectors);
    world_release(&w, &f);
}

/* A gap in the middle of an extent needs room of its own in the file system. */
static void discarded_on_a_full_disk(void **state)
{
    static uint8_t bytes[64 * 1024], back[64 * 1024];
    struct pv_file f;
    int rc = 0;

    (void)state;
    memset(bytes, 9, sizeof(bytes));
    assert_int_equal(world_write_file(&w, "v.img", bytes, sizeof(bytes), O_CREAT), 0);
    while (rc == 0)
        rc = world_write_file(&w, "full", bytes, sizeof(bytes), O_CREAT | O_APPEND);
    assert_int_equal(rc, -ENOSPC);
    while (world_write_file(&w, "full", bytes, 1024, O_CREAT | O_APPEND) == 0)
        continue;
    assert_int_equal(world_claim(&w, "v.img", &f), 0);
    for (unsigned i = 0; i < 64; i += 2)
        rc = world_discard(i * 2, 2);
    assert_true(rc == 0 || rc == -ENOSPC);
    assert_int_equal(f.ops->read(&f, back, sizeof(back)), sizeof(back));
    world_release(&w, &f);
    for (unsigned i = 1; i < 64; i += 2)                    /* what was not named is there */
        assert_memory_equal(back + i * 1024, bytes, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claimed, mounted, unmounted),
        cmocka_unit_test_setup_teardown(discarded, mounted, unmounted),
        cmocka_unit_test_setup_teardown(discarded_on_a_full_disk, mounted, unmounted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
