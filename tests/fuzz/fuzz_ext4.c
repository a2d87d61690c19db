/*
 * The kit's ext4 on images that somebody made to harm: an image of one of several kinds, as a clean
 * unmount or a crash left it, in whose metadata the input changes bytes, words and whole blocks; then what
 * users do, on a disk that may fail. Whatever comes of it are results or errors, within the disk, in
 * bounded memory and in bounded reads; the sanitizers watch.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/kit.h"
#include "unit/ext4_world.h"

#define KINDS   4u
#define UNIT    1024u
#define MIB     3u
#define PLACES  400u            /* blocks of an image that are metadata */
#define READS   400000u         /* that one operation may make */

static struct kind {
    const char *options;
    struct world world;
    uint8_t *images[2];         /* after an unmount; after a crash */
    unsigned places[PLACES], count;
} kinds[KINDS] = {
    { .options = "-t ext4 -b 1024 -g 1024 -N 128 -J size=1" },
    { .options = "-t ext4 -b 1024 -g 1024 -N 128 -J size=1 -O ^metadata_csum,64bit" },
    { .options = "-t ext3 -b 1024 -g 1024 -N 128 -J size=1" },
    { .options = "-t ext2 -b 1024 -g 1024 -N 128" },
};

static struct world *world;
static const char *const names[] = {
    "a", "d", "d/file-1", "d/file-2", "link", "d/loop", "sparse", "large", "d/sub/deep", "d/sub", "new",
    "d/new",
    "", "many/name-7", "many", "none/there", "lost+found", "d/file-3",
};
static uint8_t bytes[40000];

/* ---- the images ---- */

static void require(int rc, const char *what)
{
    if (rc)
        kit_wrong("%s: %d", what, rc);
}

static void fill(struct world *w)
{
    char name[40];

    require(w->ops->mkdir(w->fs, "d", 0755), "mkdir");
    require(w->ops->mkdir(w->fs, "d/sub", 0755), "mkdir");
    require(w->ops->mkdir(w->fs, "many", 0755), "mkdir");
    require(w->ops->symlink(w->fs, "d/file-1", "link"), "symlink");
    require(w->ops->symlink(w->fs, "loop", "d/loop"), "symlink");
    memset(bytes, 0xd5, sizeof(bytes));
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name, sizeof(name), "d/file-%u", i);
        require(world_write_file(w, name, bytes, 1 + i * 3000, O_CREAT), name);
    }
    for (unsigned i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "many/name-%u", i);
        require(world_write_file(w, name, bytes, i & 1, O_CREAT), name);
    }
    require(world_write_file(w, "large", bytes, sizeof(bytes), O_CREAT), "large");
    require(world_write_file(w, "d/sub/deep", bytes, 5000, O_CREAT), "deep");
}

/* One block of data, then nothing, again and again: its map is a tree. */
static void make_sparse(struct world *w)
{
    struct pv_file f;

    require(world_open(w, "sparse", O_CREAT | O_WRONLY, &f), "sparse");
    for (unsigned i = 0; i < 12; i++) {
        f.pos = (off_t)i * 5000000;
        if (f.ops->write(&f, bytes, UNIT) != UNIT)
            kit_wrong("sparse");
    }
    f.ops->close(&f);
}

/* Neither empty nor files' data. */
static bool is_metadata(const uint8_t *block)
{
    for (unsigned i = 1; i < UNIT; i++)
        if (block[i] != block[0])
            return true;
    return false;
}

static void keep(struct kind *k, unsigned i)
{
    k->images[i] = malloc(k->world.size);
    memcpy(k->images[i], k->world.image, k->world.size);
}

static void make(struct kind *k)
{
    struct world *w = &k->world;
    char options[200], name[16];

    snprintf(options, sizeof(options), "%s -U 00000000-1111-2222-3333-444444444444 "
             "-E hash_seed=00000000-1111-2222-3333-555555555555,lazy_itable_init=0", k->options);
    snprintf(name, sizeof(name), "fuzz-%u", (unsigned)(k - kinds));
    world_make(w, name, MIB, options);
    require(world_mount(w, true), "mount");
    fill(w);
    make_sparse(w);
    require(w->ops->sync(w->fs), "sync");
    require(world_write_file(w, "new", bytes, 100, O_CREAT), "new");
    require(w->ops->unlink(w->fs, "new"), "unlink");
    require(w->ops->sync(w->fs), "sync");
    keep(k, 1);
    require(world_umount(w), "umount");
    keep(k, 0);
    for (unsigned at = 1; at < w->size / UNIT && k->count < PLACES; at++)
        if (is_metadata(w->image + at * UNIT))
            k->places[k->count++] = at;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    setenv("E2FSPROGS_FAKE_TIME", "1700000000", 1);
    for (unsigned i = 0; i < KINDS; i++)
        make(&kinds[i]);
    return 0;
}

/* What makes journals is linked too, and asks for this. */
long ext2fs_check_mount_point(const char *device, int *flags, char *point, int size);

long ext2fs_check_mount_point(const char *device, int *flags, char *point, int size)
{
    (void)device, (void)flags, (void)point, (void)size;
    kit_wrong("nothing of the build machine's is looked at");
}

/* ---- the disk ---- */

static int (*good_read)(struct pv_disk *d, uint64_t sector, void *buf, size_t bytes);
static unsigned reads;

static int counted_read(struct pv_disk *d, uint64_t sector, void *buf, size_t len)
{
    if (++reads > READS)
        kit_wrong("an operation never ends");
    return good_read(d, sector, buf, len);
}

/* ---- damage ---- */

static void damage(const struct kind *k)
{
    unsigned how = kit_byte(), place = kit_byte(), offset;
    uint8_t *block, *at;

    /* the superblock, the group descriptors and the first inodes are looked at most */
    block = k->world.image + (how & 0x80 ? k->places[place % k->count] : k->places[place % 8]) * UNIT;
    offset = kit_u16() % (UNIT - 4);
    at = block + offset;
    switch (how & 7) {
    case 0:
    case 1:
        *at = kit_byte();
        break;
    case 2:
        *at ^= (uint8_t)(1u << (how >> 4 & 7));
        break;
    case 3:
    case 4:
        memcpy(at, &(uint32_t){ kit_u32() }, 4);
        break;
    case 5:
        memcpy(at, &(uint32_t){ how & 16 ? UINT32_MAX : kit_byte() }, 4);
        break;
    case 6:
        memcpy(at, k->world.image + k->places[kit_byte() % k->count] * UNIT + kit_u16() % (UNIT - 16), 4);
        break;
    default:
        memcpy(block, k->world.image + k->places[kit_byte() % k->count] * UNIT, UNIT);
        break;
    }
}

/* ---- what users do ---- */

static const char *any_name(void)
{
    return names[kit_byte() % (sizeof(names) / sizeof(names[0]))];
}

static void list(const char *path)
{
    char name[256], target[300];
    uint64_t cookie = 0, ino;
    struct pv_file f;
    struct stat st;
    int type;

    if (world_open(world, path, O_RDONLY, &f))
        return;
    for (unsigned i = 0; f.ops->readdir && i < 100 &&
         f.ops->readdir(&f, &cookie, name, sizeof(name), &ino, &type) == 1; i++) {
        if (!memchr(name, 0, sizeof(name)))
            kit_wrong("a name without an end");
        world->ops->lstat(world->fs, name, &st);
        world->ops->readlink(world->fs, name, target, sizeof(target));
    }
    f.ops->close(&f);
}

static void use_file(const char *path)
{
    unsigned how = kit_byte();
    struct pv_file f;
    struct stat st;

    if (world_open(world, path, how & 1 ? O_RDWR | O_CREAT : O_RDONLY, &f))
        return;
    for (unsigned steps = how >> 1 & 7; steps; steps--) {
        unsigned op = kit_byte();
        size_t len = (size_t)(kit_byte() << (op >> 4 & 7)) % sizeof(bytes);

        f.pos = op & 0x80 ? (off_t)kit_u32() << 9 : kit_u16();
        reads = 0;
        if (op % 4 == 0 && f.ops->read)
            f.ops->read(&f, bytes, len);
        else if (op % 4 == 1 && f.ops->write && how & 1)
            f.ops->write(&f, bytes, len);
        else if (op % 4 == 2 && f.ops->ftruncate && how & 1)
            f.ops->ftruncate(&f, f.pos);
        else if (f.ops->fstat)
            f.ops->fstat(&f, &st);
    }
    if (how & 16 && f.ops->fsync)
        f.ops->fsync(&f);
    if (how & 32)
        world->ops->unlink(world->fs, path);
    f.ops->close(&f);
}

/* A file as a disk (claim.c). */
static void use_as_disk(const char *path)
{
    struct pv_ext4_run run;
    struct pv_file f;

    if (world_claim(world, path, &f))
        return;
    for (unsigned i = 1 + kit_byte() % 4; i; i--) {
        uint64_t sector = kit_u16();

        reads = 0;
        if (pv_ext4_where(3, sector, &run) == 0 &&
            (run.sectors == 0 || (run.data && (run.sector >= world->disk.sectors ||
                                               run.sectors > world->disk.sectors - run.sector))))
            kit_wrong("a file's sectors lie outside of the disk");
        if (sector & 1)
            world_discard(sector, kit_u16());
        else
            pv_ext4_reserve(3, sector, kit_byte());
    }
    world_release(world, &f);
}

static void use(void)
{
    const char *name = any_name();
    const struct pv_fs_ops *ops = world->ops;
    unsigned op = kit_byte();

    reads = 0;
    switch (op % 12) {
    case 0:
        list(name);
        break;
    case 1:
    case 2:
        use_file(name);
        break;
    case 3:
        ops->unlink(world->fs, name);
        break;
    case 4:
        ops->mkdir(world->fs, name, 0755);
        break;
    case 5:
        ops->rmdir(world->fs, name);
        break;
    case 6:
        ops->rename(world->fs, name, any_name());
        break;
    case 7:
        ops->symlink(world->fs, any_name(), name);
        break;
    case 8:
        world_write_file(world, name, bytes, (size_t)kit_byte() << 7,
                         O_CREAT | (op & 16 ? O_TRUNC : O_APPEND));
        break;
    case 9:
        use_as_disk(name);
        break;
    case 10:
        ops->utime(world->fs, name, 1, 2);
        break;
    default:
        ops->sync(world->fs);
        break;
    }
}

/* The file system says no more of itself than the disk has. */
static void check_size(void)
{
    struct pv_statfs st;

    if (world->ops->statfs(world->fs, &st))
        return;
    if (st.blocks > world->size / st.block_size)
        kit_wrong("%llu blocks of %u bytes", (unsigned long long)st.blocks, st.block_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned flags, patches;
    struct kind *k;

    kit_input(data, size);
    flags = kit_byte();
    patches = kit_byte() & 31;
    k = &kinds[flags & 3];
    world = &k->world;
    memcpy(world->image, k->images[flags >> 2 & 1], world->size);
    if (world->disk.read != counted_read)
        good_read = world->disk.read;
    world->disk.read = counted_read;
    while (patches--)
        damage(k);
    world->fail_after = flags & 16 ? kit_byte() * 4u : 0;
    reads = 0;
    if (world_mount(world, !(flags & 8)) == 0) {
        check_size();
        while (kit_input_left())
            use();
        reads = 0;
        world_umount(world);
    }
    return 0;
}
