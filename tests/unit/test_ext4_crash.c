/* The kit's ext4 and crashes: what was written to the disk is logged, with the flushes. Then the
 * disk is made as a crash at a random moment leaves it: all that was flushed, and any of the
 * writes since then, in any order. e2fsck must mend it, and our own mount must; what was synced
 * before the crash is there in both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext4_world.h"

#define SYNCED  40
#define CRASHES 24
#define SIZE    (96 * 1024)

struct synced {
    char path[32];
    uint32_t pattern;
    size_t size, at;            /* at: length of the log when it was durable */
};

static struct synced synced[SYNCED];

static void pattern_of(uint32_t pattern, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(pattern >> i % 4 * 8 ^ i >> 5);
}

/* As a domain does that has the file as its disk. */
static void discard(struct world *w, const char *path)
{
    struct pv_file f;

    if (world_claim(w, path, &f))
        return;
    world_discard(world_random() % 100, world_random() % 100);
    pv_ext4_reserve(3, 0, world_random() % 10 + 1);
    world_release(w, &f);
}

/* Files that come, grow, change names and go, and are nobody's loss. */
static void churn(struct world *w)
{
    static uint8_t bytes[SIZE];
    char path[32], other[32];

    for (unsigned i = 0; i < 12; i++) {
        sprintf(path, "churn-%u", world_random() % 8);
        sprintf(other, "churn-%u", world_random() % 8);
        switch (world_random() % 5) {
        case 0:
            w->ops->unlink(w->fs, path);
            break;
        case 3:
            discard(w, path);
            break;
        case 1:
            w->ops->rename(w->fs, path, other);
            break;
        case 2:
            w->ops->mkdir(w->fs, "folder", 0755);
            w->ops->rename(w->fs, path, "folder/inside");
            break;
        default:
            pattern_of(world_random(), bytes, SIZE);
            world_write_file(w, path, bytes, world_random() % SIZE + 1,
                             O_CREAT | (world_random() % 2 ? O_TRUNC : O_APPEND));
        }
    }
}

/* A new file, or one that replaces an older one by its name: the way that editors save. */
static void save(struct world *w, struct synced *s, unsigned i)
{
    static uint8_t bytes[SIZE];

    sprintf(s->path, "synced-%u", i);
    s->pattern = world_random();
    s->size = world_random() % SIZE + 1;
    pattern_of(s->pattern, bytes, s->size);
    if (i % 2) {
        assert_int_equal(world_write_file(w, s->path, "old", 3, O_CREAT), 0);
        assert_int_equal(w->ops->sync(w->fs), 0);
        assert_int_equal(world_write_file(w, "new", bytes, s->size, O_CREAT | O_EXCL), 0);
        assert_int_equal(w->ops->rename(w->fs, "new", s->path), 0);
    } else {
        assert_int_equal(world_write_file(w, s->path, bytes, s->size, O_CREAT | O_EXCL), 0);
    }
    assert_int_equal(w->ops->sync(w->fs), 0);
    s->at = w->writes;
}

/* The disk after a crash when `cut` entries of the log had been given to it. */
static void crash(const struct world *w, const uint8_t *base, uint8_t *image, size_t cut)
{
    size_t flushed = 0;

    memcpy(image, base, w->size);
    for (size_t i = 0; i < cut; i++)
        if (!w->log[i].bytes)
            flushed = i;
    for (size_t i = 0; i < cut; i++)
        if (w->log[i].bytes && (i < flushed || world_random() % 2))
            memcpy(image + w->log[i].sector * 512, w->log[i].bytes, w->log[i].len);
}

static void check_synced(struct world *w, size_t cut)
{
    static uint8_t expected[SIZE], bytes[SIZE + 1];

    for (unsigned i = 0; i < SYNCED; i++) {
        struct synced *s = &synced[i];

        if (s->at > cut)
            continue;
        pattern_of(s->pattern, expected, s->size);
        assert_int_equal(world_read_file(w, s->path, bytes, sizeof(bytes)), s->size);
        assert_memory_equal(bytes, expected, s->size);
    }
}

static void check_crash(const struct world *w, const uint8_t *base, size_t cut, bool has_journal)
{
    struct world after = *w;

    after.log = NULL;
    after.writes = 0;
    after.logging = false;
    after.image = malloc(w->size);
    crash(w, base, after.image, cut);
    world_save(&after, after.image);
    if (has_journal && cut % 3 == 0) {          /* read-only: replayed in memory, the disk stays */
        uint8_t *before = malloc(w->size);

        memcpy(before, after.image, w->size);
        assert_int_equal(world_mount(&after, false), 0);
        check_synced(&after, cut);
        assert_int_equal(world_umount(&after), 0);
        assert_memory_equal(before, after.image, w->size);
        free(before);
    }
    if (has_journal && cut % 2) {               /* our own replay, and then there is nothing to mend */
        assert_int_equal(world_mount(&after, true), 0);
        check_synced(&after, cut);
        assert_int_equal(world_umount(&after), 0);
        world_save(&after, after.image);
    } else if (world_run(&after, has_journal ? "e2fsck -p %s" : "e2fsck -fy %s") > 1) {
        fail_msg("e2fsck cannot mend it: see %s.log", w->path);
    }
    if (world_run(&after, "e2fsck -fn %s"))
        fail_msg("after a crash at %zu e2fsck found errors: see %s.log", cut, w->path);
    world_load(&after);
    assert_int_equal(world_mount(&after, true), 0);
    check_synced(&after, cut);
    assert_int_equal(world_umount(&after), 0);
    free(after.image);
}

static void crashes(const char *name, const char *options, bool has_journal)
{
    struct world w;
    uint8_t *base;

    world_seed(42);
    world_make(&w, name, 32, options);
    base = malloc(w.size);
    memcpy(base, w.image, w.size);
    assert_int_equal(world_mount(&w, true), 0);
    w.logging = true;
    for (unsigned i = 0; i < SYNCED; i++) {
        churn(&w);
        save(&w, &synced[i], i);
    }
    churn(&w);
    assert_int_equal(world_umount(&w), 0);
    for (unsigned i = 0; i < CRASHES; i++)
        check_crash(&w, base, world_random() % w.writes, has_journal);
    free(base);
    world_free(&w);
}

static void ext4(void **state)
{
    (void)state;
    crashes("crash-ext4", "-t ext4 -b 1024", true);
}

static void ext4_large_blocks(void **state)
{
    (void)state;
    crashes("crash-ext4-4k", "-t ext4 -b 4096 -J size=4", true);
}

static void ext3(void **state)
{
    (void)state;
    crashes("crash-ext3", "-t ext3 -b 1024", true);
}

static void ext2(void **state)
{
    (void)state;
    crashes("crash-ext2", "-t ext2 -b 1024", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ext4), cmocka_unit_test(ext4_large_blocks), cmocka_unit_test(ext3),
        cmocka_unit_test(ext2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
