/* The kit's ext4 on damaged images: bytes of metadata are changed at random. Whatever is done then gives
 * results or errors, and comes to an end; the sanitizers watch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext4_world.h"

#define ROUNDS 120
#define FIRST_DATA_BLOCK (1024 + 20)

static void use(struct world *w)
{
    static uint8_t bytes[40000];
    char name[256], path[300];
    uint64_t cookie = 0, ino;
    struct pv_file f;
    struct stat st;
    int type;

    if (world_open(w, "", O_RDONLY, &f) == 0) {
        for (unsigned i = 0; i < 200 && f.ops->readdir(&f, &cookie, name, sizeof(name), &ino, &type) == 1;
             i++)
            if (w->ops->lstat(w->fs, name, &st) == 0)
                world_read_file(w, name, bytes, sizeof(bytes));
        f.ops->close(&f);
    }
    for (unsigned i = 0; i < 20; i++) {
        sprintf(path, "d/file-%u", i);
        world_read_file(w, path, bytes, sizeof(bytes));
        if (i % 3 == 0)
            w->ops->unlink(w->fs, path);
        else
            world_write_file(w, path, bytes, sizeof(bytes), O_CREAT | O_APPEND);
    }
    w->ops->mkdir(w->fs, "d/new", 0755);
    w->ops->rename(w->fs, "d", "e");
    w->ops->sync(w->fs);
}

static void damaged(void **state)
{
    struct world w;
    uint8_t *good;

    (void)state;
    world_make(&w, "damaged", 8, "-t ext4 -b 1024 -g 2048");
    assert_int_equal(world_mount(&w, true), 0);
    w.ops->mkdir(w.fs, "d", 0755);
    w.ops->symlink(w.fs, "d/file-1", "link");
    use(&w);
    assert_int_equal(world_umount(&w), 0);
    good = malloc(w.size);
    memcpy(good, w.image, w.size);
    for (unsigned round = 0; round < ROUNDS; round++) {
        world_seed(round + 1);
        memcpy(w.image, good, w.size);
        for (unsigned i = 0; i < 1 + round % 40; i++)
            w.image[1024 + world_random() % (round % 3 ? 400 * 1024 : 8 * 1024)] = (uint8_t)world_random();
        if (round % 2)      /* checksums would find nearly all of it */
            w.image[1024 + 100 + 1] &= (uint8_t)~4;
        if (world_mount(&w, round % 4 != 0) == 0) {
            use(&w);
            world_umount(&w);
        }
    }
    free(good);
    world_free(&w);
}

/* Where blocks are counted from: libext2fs would write behind its bitmaps. */
static void blocks_from_anywhere(void **state)
{
    struct world w;

    (void)state;
    world_make(&w, "anywhere", 8, "-t ext4 -b 1024 -g 1024 -O ^metadata_csum");
    w.image[FIRST_DATA_BLOCK] = 212;
    assert_int_equal(world_mount(&w, true), -EINVAL);
    assert_int_equal(world_mount(&w, false), -EINVAL);
    w.image[FIRST_DATA_BLOCK] = 1;
    assert_int_equal(world_mount(&w, true), 0);
    assert_int_equal(world_umount(&w), 0);
    world_free(&w);
}

/* The superblock that the journal brings says it, and the group descriptors are where they would be then. (One
 * that is read first is as it was.) */
static void hide_in_journal(struct world *w, uint8_t first)
{
    memcpy(w->image + (first + 1) * 1024, w->image + 2048, 1024);
    for (size_t at = 2048; at < w->size; at += 1024)
        if (w->image[at + 56] == 0x53 && w->image[at + 57] == 0xef)
            w->image[at + 20] = first;
}

/* The machine stops behind each write of a change, and then somebody has the disk. */
static void blocks_from_anywhere_by_the_journal(void **state)
{
    unsigned refused = 0;
    struct world w;
    uint8_t *disk;
    int rc;

    (void)state;
    world_make(&w, "journal", 8, "-t ext4 -b 1024 -g 1024 -O ^metadata_csum");
    disk = malloc(w.size);
    memcpy(disk, w.image, w.size);
    assert_int_equal(world_mount(&w, true), 0);
    w.logging = true;
    w.ops->mkdir(w.fs, "d", 0755);
    w.ops->sync(w.fs);
    w.logging = false;
    assert_int_equal(world_umount(&w), 0);
    for (size_t i = 0; i < w.writes; i++) {
        if (w.log[i].bytes)
            memcpy(disk + w.log[i].sector * 512, w.log[i].bytes, w.log[i].len);
        memcpy(w.image, disk, w.size);
        hide_in_journal(&w, 9);
        assert_int_equal(w.image[FIRST_DATA_BLOCK], 1);
        rc = world_mount(&w, true);
        if (rc == 0)
            world_umount(&w);
        refused += rc == -EINVAL;
    }
    assert_true(refused > 0);
    free(disk);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged),
        cmocka_unit_test(blocks_from_anywhere),
        cmocka_unit_test(blocks_from_anywhere_by_the_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
