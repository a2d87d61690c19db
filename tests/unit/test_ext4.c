/* The kit's ext4: random operations against a model of what a file system is, on images of several kinds;
 * after each run e2fsck must find nothing. */
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
#include <unistd.h>

#include "ext4_world.h"

#define NAMES    48
#define SIZE_MAX_FILE (300 * 1024)

/* ---- the model: files and folders by their whole path ---- */

struct entry {
    char path[200];
    bool folder;
    uint8_t *bytes;
    size_t size;
};

struct model {
    struct entry entries[NAMES];
    size_t count;
};

static struct entry *find(struct model *m, const char *path)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->entries[i].path, path) == 0)
            return &m->entries[i];
    return NULL;
}

static bool has_children(struct model *m, const char *path)
{
    size_t length = strlen(path);

    for (size_t i = 0; i < m->count; i++)
        if (strncmp(m->entries[i].path, path, length) == 0 && m->entries[i].path[length] == '/')
            return true;
    return false;
}

static void forget(struct model *m, struct entry *e)
{
    free(e->bytes);
    *e = m->entries[--m->count];
}

static void resize(struct entry *e, size_t size)
{
    e->bytes = realloc(e->bytes, size ? size : 1);
    if (size > e->size)
        memset(e->bytes + e->size, 0, size - e->size);
    e->size = size;
}

/* A new path: in one of the folders, or at the top. */
static void invent(struct model *m, char *path)
{
    const char *folder = "";

    if (m->count && world_random() % 3) {
        struct entry *e = &m->entries[world_random() % m->count];

        if (e->folder && strlen(e->path) < 100)
            folder = e->path;
    }
    sprintf(path, "%s%sname-%u%s", folder, *folder ? "/" : "", world_random() % 1000,
            world_random() % 4 ? "" : "-with-a-much-longer-ending-than-others-have");
}

static struct entry *pick(struct model *m, bool folder)
{
    struct entry *e = m->count ? &m->entries[world_random() % m->count] : NULL;

    return e && e->folder == folder ? e : NULL;
}

static void fill(uint8_t *bytes, size_t len)
{
    uint32_t pattern = world_random();

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(pattern >> i % 4 * 8 ^ i >> 3);
}

/* ---- operations on both ---- */

static void op_create(struct world *w, struct model *m)
{
    char path[300];

    invent(m, path);
    if (m->count == NAMES || find(m, path))
        return;
    assert_int_equal(world_write_file(w, path, NULL, 0, O_CREAT | O_EXCL), 0);
    m->entries[m->count] = (struct entry){ .folder = false };
    strcpy(m->entries[m->count++].path, path);
}

static void op_mkdir(struct world *w, struct model *m)
{
    char path[300];

    invent(m, path);
    if (m->count == NAMES || find(m, path))
        return;
    assert_int_equal(w->ops->mkdir(w->fs, path, 0755), 0);
    assert_int_equal(w->ops->mkdir(w->fs, path, 0755), -EEXIST);
    m->entries[m->count] = (struct entry){ .folder = true };
    strcpy(m->entries[m->count++].path, path);
}

static void op_write(struct world *w, struct model *m)
{
    static uint8_t bytes[SIZE_MAX_FILE];
    struct entry *e = pick(m, false);
    size_t len = world_random() % (world_random() % 4 ? 9000 : 100000) + 1, at;
    struct pv_file f;

    if (!e)
        return;
    at = world_random() % 3 ? world_random() % (e->size + 1) : world_random() % (SIZE_MAX_FILE - len);
    if (at + len > SIZE_MAX_FILE)
        return;
    fill(bytes, len);
    assert_int_equal(world_open(w, e->path, O_RDWR, &f), 0);
    assert_int_equal(f.ops->lseek(&f, (off_t)at, SEEK_SET), at);
    assert_int_equal(f.ops->write(&f, bytes, len), len);
    f.ops->close(&f);
    if (at + len > e->size)
        resize(e, at + len);
    memcpy(e->bytes + at, bytes, len);
}

static void op_truncate(struct world *w, struct model *m)
{
    struct entry *e = pick(m, false);
    size_t size = world_random() % 4 ? world_random() % SIZE_MAX_FILE : 0;
    struct pv_file f;

    if (!e)
        return;
    assert_int_equal(world_open(w, e->path, O_RDWR, &f), 0);
    assert_int_equal(f.ops->ftruncate(&f, (off_t)size), 0);
    f.ops->close(&f);
    resize(e, size);
}

/* As whoever has the file as a disk: whole blocks of what is named become zeros. */
static void op_discard(struct world *w, struct model *m)
{
    struct entry *e = pick(m, false);
    struct pv_file f;
    size_t sectors = e ? e->size / 512 : 0, first, end, block;

    if (sectors == 0)
        return;
    first = world_random() % sectors;
    end = first + 1 + world_random() % (sectors - first);
    assert_int_equal(world_claim(w, e->path, &f), 0);
    block = pv_ext4_block(3);
    assert_int_equal(world_discard(first, end - first), 0);
    world_release(w, &f);
    first = (first * 512 + block - 1) / block * block;
    for (size_t at = first; at + block <= end * 512; at += block)
        memset(e->bytes + at, 0, block);
}

static void op_remove(struct world *w, struct model *m)
{
    struct entry *e = m->count ? &m->entries[world_random() % m->count] : NULL;

    if (!e)
        return;
    if (e->folder && has_children(m, e->path)) {
        assert_int_equal(w->ops->rmdir(w->fs, e->path), -ENOTEMPTY);
        return;
    }
    assert_int_equal(e->folder ? w->ops->unlink(w->fs, e->path) : w->ops->rmdir(w->fs, e->path),
                     e->folder ? -EISDIR : -ENOTDIR);
    assert_int_equal((e->folder ? w->ops->rmdir : w->ops->unlink)(w->fs, e->path), 0);
    forget(m, e);
}

/* Unlinked while it is open: its bytes are there until the close. */
static void op_remove_open(struct world *w, struct model *m)
{
    static uint8_t bytes[SIZE_MAX_FILE];
    struct entry *e = pick(m, false);
    struct pv_file f;

    if (!e)
        return;
    assert_int_equal(world_open(w, e->path, O_RDWR, &f), 0);
    assert_int_equal(w->ops->unlink(w->fs, e->path), 0);
    if (e->size) {
        assert_int_equal(f.ops->read(&f, bytes, sizeof(bytes)), e->size);
        assert_memory_equal(bytes, e->bytes, e->size);
    }
    f.ops->close(&f);
    forget(m, e);
}

static void rename_in_model(struct model *m, struct entry *e, const char *to)
{
    struct entry *old = find(m, to);
    char from[200];
    size_t length = strlen(e->path);

    strcpy(from, e->path);
    if (old && old != e) {
        forget(m, old);
        e = find(m, from);
    }
    for (size_t i = 0; i < m->count; i++) {
        char *path = m->entries[i].path, rest[200];

        if (strncmp(path, from, length) == 0 && (path[length] == '/' || path[length] == '\0')) {
            strcpy(rest, path + length);
            sprintf(path, "%s%s", to, rest);
        }
    }
}

static void op_rename(struct world *w, struct model *m)
{
    struct entry *e = m->count ? &m->entries[world_random() % m->count] : NULL, *old;
    char to[300];
    int expected = 0;

    if (!e)
        return;
    if (world_random() % 2)
        invent(m, to);
    else
        strcpy(to, m->entries[world_random() % m->count].path);
    old = find(m, to);
    if (e->folder && strncmp(to, e->path, strlen(e->path)) == 0 && to[strlen(e->path)] == '/')
        expected = -EINVAL;
    else if (old && old != e && old->folder != e->folder)
        expected = old->folder ? -EISDIR : -ENOTDIR;
    else if (old && old != e && old->folder && has_children(m, to))
        expected = -ENOTEMPTY;
    if (strlen(to) > 120)
        return;
    if (expected == -EINVAL && old && old->folder != e->folder)
        expected = -ENOTDIR;
    assert_int_equal(w->ops->rename(w->fs, e->path, to), expected);
    if (expected == 0)
        rename_in_model(m, e, to);
}

static void compare(struct world *w, struct model *m)
{
    static uint8_t bytes[SIZE_MAX_FILE + 1];

    for (size_t i = 0; i < m->count; i++) {
        struct entry *e = &m->entries[i];
        struct stat st;

        assert_int_equal(w->ops->stat(w->fs, e->path, &st), 0);
        assert_int_equal(S_ISDIR(st.st_mode), e->folder);
        if (e->folder)
            continue;
        assert_int_equal(st.st_size, e->size);
        assert_int_equal(world_read_file(w, e->path, bytes, sizeof(bytes)), e->size);
        if (e->size)
            assert_memory_equal(bytes, e->bytes, e->size);
    }
}

static size_t children(struct model *m, const char *folder)
{
    size_t count = 0, length = strlen(folder);

    for (size_t i = 0; i < m->count; i++) {
        const char *path = m->entries[i].path;

        if (length
                ? strncmp(path, folder, length) == 0 && path[length] == '/' && !strchr(path + length + 1, '/')
                : !strchr(path, '/'))
            count++;
    }
    return count;
}

/* Directories show exactly what there is. */
static void list(struct world *w, struct model *m, const char *folder)
{
    char name[256], path[600];
    uint64_t cookie = 0, ino;
    size_t count = 0;
    struct pv_file f;
    int type;

    assert_int_equal(world_open(w, folder, O_RDONLY, &f), 0);
    while (f.ops->readdir(&f, &cookie, name, sizeof(name), &ino, &type) == 1) {
        snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(path, "lost+found") == 0)
            continue;
        assert_non_null(find(m, path));
        count++;
    }
    f.ops->close(&f);
    assert_int_equal(count, children(m, folder));
}

static void run(struct world *w, struct model *m, unsigned steps)
{
    void (*const ops[])(struct world *, struct model *) = {
        op_create, op_create, op_mkdir, op_write, op_write, op_write, op_truncate, op_discard, op_remove,
        op_remove_open, op_rename,
    };

    for (unsigned i = 0; i < steps; i++) {
        ops[world_random() % (sizeof(ops) / sizeof(ops[0]))](w, m);
        if (world_random() % 40 == 0)
            assert_int_equal(w->ops->sync(w->fs), 0);
    }
    compare(w, m);
    list(w, m, "");
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i].folder)
            list(w, m, m->entries[i].path);
}

static void check_image(struct world *w)
{
    world_save(w, w->image);
    if (world_run(w, "e2fsck -fn %s"))
        fail_msg("e2fsck found errors: see %s.log", w->path);
}

static void random_operations(const char *name, unsigned mib, const char *options)
{
    struct model m = { .count = 0 };
    struct world w;

    world_seed(0x1234567);
    world_make(&w, name, mib, options);
    for (unsigned round = 0; round < 4; round++) {
        assert_int_equal(world_mount(&w, true), 0);
        compare(&w, &m);
        run(&w, &m, 400);
        assert_int_equal(world_umount(&w), 0);
        check_image(&w);
    }
    while (m.count)
        forget(&m, &m.entries[0]);
    world_free(&w);
}

static void random_ext4(void **state)
{
    (void)state;
    random_operations("ext4", 64, "-t ext4 -b 4096");
}

static void random_ext4_small_blocks(void **state)
{
    (void)state;
    random_operations("ext4-1k", 64, "-t ext4 -b 1024 -g 2048 -N 4096");   /* many groups */
}

static void random_ext3(void **state)
{
    (void)state;
    random_operations("ext3", 64, "-t ext3 -b 1024");
}

static void random_ext2(void **state)
{
    (void)state;
    random_operations("ext2", 32, "-t ext2 -b 2048");
}

/* Groups that were never used get their bitmaps when they are, also if all is free again by then. */
static void unused_groups(void **state)
{
    static uint8_t bytes[256 * 1024];
    struct world w;

    (void)state;
    world_make(&w, "groups", 64, "-t ext4 -b 1024 -g 1024");
    assert_int_equal(world_mount(&w, true), 0);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(world_write_file(&w, "large", bytes, sizeof(bytes), O_CREAT | O_APPEND), 0);
    assert_int_equal(w.ops->unlink(w.fs, "large"), 0);
    assert_int_equal(world_umount(&w), 0);
    check_image(&w);
    assert_int_equal(world_mount(&w, true), 0);
    assert_int_equal(world_umount(&w), 0);
    world_free(&w);
}

/* ---- single cases ---- */

static struct world w;

static int mounted(void **state)
{
    (void)state;
    world_make(&w, "case", 32, "-t ext4 -b 1024 -N 20000");
    return world_mount(&w, true);
}

static int unmounted(void **state)
{
    int rc = world_umount(&w);

    (void)state;
    check_image(&w);
    world_free(&w);
    return rc;
}

/* A directory that needs an index, made by Linux's tools as well as by us. */
static void large_directory(void **state)
{
    char path[64];

    (void)state;
    assert_int_equal(w.ops->mkdir(w.fs, "d", 0755), 0);
    for (unsigned i = 0; i < 3000; i++) {
        sprintf(path, "d/file-number-%05u", i);
        assert_int_equal(world_write_file(&w, path, path, strlen(path), O_CREAT | O_EXCL), 0);
    }
    assert_int_equal(world_umount(&w), 0);
    world_save(&w, w.image);
    assert_true(world_run(&w, "e2fsck -fyD %s") < 2);        /* makes an index */
    world_load(&w);
    assert_int_equal(world_mount(&w, true), 0);
    for (unsigned i = 0; i < 6000; i++) {
        sprintf(path, "d/%s-%05u", i < 3000 ? "file-number" : "another", i);
        if (i % 2 && i < 3000)
            assert_int_equal(w.ops->unlink(w.fs, path), 0);
        else if (i >= 3000)
            assert_int_equal(world_write_file(&w, path, "x", 1, O_CREAT | O_EXCL), 0);
    }
    for (unsigned i = 0; i < 6000; i++) {
        struct stat st;

        sprintf(path, "d/%s-%05u", i < 3000 ? "file-number" : "another", i);
        assert_int_equal(w.ops->stat(w.fs, path, &st), i % 2 && i < 3000 ? -ENOENT : 0);
    }
}

static void no_space(void **state)
{
    static uint8_t bytes[64 * 1024], back[64 * 1024];
    struct pv_statfs st;
    char path[32];
    unsigned n = 0;

    (void)state;
    memset(bytes, 0x5a, sizeof(bytes));
    for (int rc = 0; rc == 0; n++) {
        sprintf(path, "full-%u", n);
        rc = world_write_file(&w, path, bytes, sizeof(bytes), O_CREAT);
        assert_true(rc == 0 || rc == -ENOSPC);
    }
    assert_true(n > 300);
    assert_int_equal(w.ops->statfs(w.fs, &st), 0);
    assert_true(st.free_blocks < 40);
    assert_int_equal(world_read_file(&w, "full-7", back, sizeof(back)), sizeof(back));
    assert_memory_equal(back, bytes, sizeof(back));
    for (unsigned i = 0; i < n; i++) {
        sprintf(path, "full-%u", i);
        assert_int_equal(w.ops->unlink(w.fs, path), 0);
    }
    assert_int_equal(world_write_file(&w, "again", bytes, sizeof(bytes), O_CREAT), 0);
}

static void links(void **state)
{
    char target[64], bytes[16];
    struct stat st;

    (void)state;
    assert_int_equal(w.ops->mkdir(w.fs, "a", 0755), 0);
    assert_int_equal(world_write_file(&w, "a/file", "hello", 5, O_CREAT), 0);
    assert_int_equal(w.ops->symlink(w.fs, "a/../a/file", "short"), 0);
    assert_int_equal(w.ops->symlink(w.fs, "/a/./////////////////////////////////////////////////////////file",
                                    "long"),
                     0);
    assert_int_equal(w.ops->symlink(w.fs, "loop2", "loop1"), 0);
    assert_int_equal(w.ops->symlink(w.fs, "loop1", "loop2"), 0);
    assert_int_equal(w.ops->symlink(w.fs, "../../../a", "a/up"), 0);
    assert_int_equal(world_read_file(&w, "short", bytes, sizeof(bytes)), 5);
    assert_int_equal(world_read_file(&w, "long", bytes, sizeof(bytes)), 5);
    assert_int_equal(world_read_file(&w, "a/up/up/file", bytes, sizeof(bytes)), 5);
    assert_int_equal(world_read_file(&w, "loop1", bytes, sizeof(bytes)), -ELOOP);
    assert_int_equal(w.ops->readlink(w.fs, "short", target, sizeof(target)), 11);
    assert_memory_equal(target, "a/../a/file", 11);
    assert_int_equal(w.ops->lstat(w.fs, "short", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(w.ops->unlink(w.fs, "short"), 0);
    assert_int_equal(w.ops->unlink(w.fs, "long"), 0);
    assert_int_equal(world_read_file(&w, "a/file", bytes, sizeof(bytes)), 5);
}

/* Open files keep their file system; a read-only mount refuses all changes and leaves the disk alone. */
static void busy_and_read_only(void **state)
{
    struct pv_file f;

    (void)state;
    assert_int_equal(world_open(&w, "file", O_CREAT | O_RDWR, &f), 0);
    assert_int_equal(world_umount(&w), -EBUSY);
    f.ops->close(&f);
    assert_int_equal(world_umount(&w), 0);
    assert_int_equal(world_mount(&w, false), 0);
    w.logging = true;
    assert_int_equal(world_write_file(&w, "file", "x", 1, 0), -EROFS);
    assert_int_equal(world_write_file(&w, "new", "x", 1, O_CREAT), -EROFS);
    assert_int_equal(w.ops->unlink(w.fs, "file"), -EROFS);
    assert_int_equal(w.ops->mkdir(w.fs, "d", 0755), -EROFS);
    assert_int_equal(w.ops->rename(w.fs, "file", "other"), -EROFS);
    assert_int_equal(w.writes, 0);
}

/* A disk that fails: errors, no further writes, and the umount comes to its end. */
static void failing_disk(void **state)
{
    static uint8_t bytes[32 * 1024];
    int rc = 0;

    (void)state;
    assert_int_equal(world_write_file(&w, "kept", "kept", 4, O_CREAT), 0);
    assert_int_equal(w.ops->sync(w.fs), 0);
    w.fail_after = 20;
    for (unsigned i = 0; rc == 0 && i < 1000; i++)
        rc = world_write_file(&w, "lost", bytes, sizeof(bytes), O_CREAT | O_APPEND);
    assert_int_equal(rc, -EIO);
    assert_int_equal(w.ops->mkdir(w.fs, "d", 0755), -EIO);
    assert_int_equal(world_read_file(&w, "kept", bytes, sizeof(bytes)), 4);
    assert_int_equal(world_umount(&w), -EIO);
    w.fail_after = 0;
    assert_int_equal(world_mount(&w, true), 0);
    assert_int_equal(world_read_file(&w, "kept", bytes, sizeof(bytes)), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_ext4),
        cmocka_unit_test(random_ext4_small_blocks),
        cmocka_unit_test(random_ext3),
        cmocka_unit_test(random_ext2),
        cmocka_unit_test(unused_groups),
        cmocka_unit_test_setup_teardown(large_directory, mounted, unmounted),
        cmocka_unit_test_setup_teardown(no_space, mounted, unmounted),
        cmocka_unit_test_setup_teardown(links, mounted, unmounted),
        cmocka_unit_test_setup_teardown(busy_and_read_only, mounted, unmounted),
        cmocka_unit_test_setup_teardown(failing_disk, mounted, unmounted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
