/* ext4_world.h: the kit's ext4 on the build machine: an image in memory as the disk,
 * with a log of what was written to it. */
#ifndef EXT4_WORLD_H
#define EXT4_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <pv/disk.h>
#include <pv/ext4.h>
#include <pv/vfs.h>

#define WORLD_IMAGE "build/tests/unit/%s.img"

/* What the disk was told, in order. bytes == NULL: a flush. */
struct world_write {
    uint64_t sector;
    size_t len;
    uint8_t *bytes;
};

struct world {
    struct pv_disk disk;
    uint8_t *image;
    size_t size;
    char path[128];                     /* of the image as a file, for e2fsck */
    struct world_write *log;
    size_t writes;
    bool logging;
    uint64_t fail_after;                /* writes after which all fail; 0: never */

    const struct pv_fs_ops *ops;        /* mounted */
    void *fs;
    struct pv_file *claimed;            /* what descriptors stand for */
};

/* Makes an image with `mke2fs OPTIONS` and loads it. */
void world_make(struct world *w, const char *name, unsigned mib, const char *options);
void world_save(const struct world *w, const uint8_t *image);
void world_load(struct world *w);
void world_free(struct world *w);
int world_mount(struct world *w, bool writable);
int world_umount(struct world *w);

/* The exit status of a command about the image; %s is its path. What it says is in NAME.log. */
int world_run(const struct world *w, const char *format);

/* Whole files. */
int world_write_file(struct world *w, const char *path, const void *bytes, size_t len, int flags);
long world_read_file(struct world *w, const char *path, void *bytes, size_t size);
int world_open(struct world *w, const char *path, int flags, struct pv_file *f);

/* A file as a disk of one's own: opened, and claimed for writing, as descriptor 3. */
int world_claim(struct world *w, const char *path, struct pv_file *f);
void world_release(struct world *w, struct pv_file *f);
int world_discard(uint64_t sector, uint64_t sectors);           /* all of it */

uint32_t world_random(void);            /* the same sequence in every run */
void world_seed(uint32_t seed);

#endif
