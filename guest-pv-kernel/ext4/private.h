/*
 * What the files of ext4/ share.
 *
 * libext2fs reads and writes metadata through its I/O manager, which is our cache (cache.c): writes stay
 * there until a commit (commit.c) writes them all, as one transaction of the journal where there is one
 * (journal.c). What files hold goes straight to the disk (file.c). So the disk holds, at any time, what the
 * last commit left, and nothing that it names is overwritten: blocks that were freed since then are not used
 * again before the next commit (ext4_begin_change).
 */
#ifndef PV_EXT4_PRIVATE_H
#define PV_EXT4_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <pv/disk.h>
#include <pv/ext4.h>
#include <pv/thread.h>
#include <pv/vfs.h>

#define EXT4_SECTOR        512U
#define EXT4_CLEAN_MAX     256U         /* blocks that are kept to be quicker */
#define EXT4_DIRTY_MAX     1024U        /* changed blocks after which a commit is made */
#define EXT4_READS_MAX     (1U << 17)   /* metadata blocks that one operation may ask for */
#define EXT4_LINKS_MAX     8            /* symbolic links in a path */
#define EXT4_JOURNAL_MAX   4096U        /* blocks of the journal that we use */

/* ---- the cache ---- */

struct cache_block {
    uint64_t number;
    struct cache_block *chain;                  /* same bucket */
    struct cache_block *next, *previous;        /* the list of clean ones (newest first), or of dirty ones */
    bool dirty;
    _Alignas(16) uint8_t data[];
};

struct cache_list {
    struct cache_block *first, *last;
    size_t count;
};

#define CACHE_BUCKETS 1024

struct cache {
    struct pv_disk *disk;
    uint32_t unit;                      /* bytes of a block */
    uint64_t blocks;                    /* of the disk */
    bool refuse, through;               /* writes: not at all; at once */
    size_t dirty_max;                   /* 0: no bound */
    uint32_t reads_left;
    struct cache_block *buckets[CACHE_BUCKETS];
    struct cache_list clean, dirty;
};

void cache_init(struct cache *c, struct pv_disk *disk, uint32_t unit);
void cache_free(struct cache *c);

/* The block's bytes for reading; valid until the next call. 0; -EIO, -ENOMEM */
int cache_get(struct cache *c, uint64_t number, const uint8_t **bytes);

/* The block if it is there, dirty ones only if so asked; or NULL. */
struct cache_block *cache_find(struct cache *c, uint64_t number);

/* The disk's block is written past the cache: what the cache holds of it counts no more. */
void cache_forget(struct cache *c, uint64_t number, uint64_t count);

/* Writes dirty blocks in place and makes them clean: those for which which() is true, or all (NULL). */
int cache_write_back(struct cache *c, bool (*which)(void *arg, uint64_t number), void *arg);

/* Raw access in blocks. 0 or -EIO. */
int cache_disk_read(struct cache *c, uint64_t number, void *buf, size_t blocks);
int cache_disk_write(struct cache *c, uint64_t number, const void *buf, size_t blocks);
int cache_disk_flush(struct cache *c);

/* libext2fs's view of a cache. Its "device names" are made by cache_name(). */
extern struct struct_io_manager ext4_io_manager;
#define CACHE_NAME_SIZE 24
void cache_name(const struct cache *c, char name[CACHE_NAME_SIZE]);

/* ---- the journal ---- */

struct journal {
    bool present, active;               /* active: the disk says that there may be something to replay */
    blk64_t *map;                       /* where its blocks lie */
    uint32_t blocks;                    /* of them */
    uint32_t first, half;               /* of the log: its first block, and how many a transaction may have */
    uint32_t at, sequence;              /* of the next transaction */
    uint32_t tag_bytes, seed;
    bool checksums, wide;               /* CSUM_V3; 64BIT */
    uint8_t *super;                     /* one block */
};

/* ---- a mounted file system ---- */

struct ext4_node {                      /* an inode that somebody has open */
    struct ext4 *m;
    ext2_ino_t ino;
    unsigned opens;
    bool unlinked;                      /* goes with the last close */
    unsigned readers;                   /* who have it as a disk: it keeps its size, name and blocks */
    bool writer, claimed;               /* claimed: any of them */
    unsigned writes;                    /* opens for writing */
    struct ext4_node *next;
};

struct ext4 {
    char *at;
    struct pv_disk *disk;
    ext2_filsys fs;
    struct cache cache;
    struct journal journal;
    struct pv_mutex lock;
    unsigned users;                     /* who has the lock or waits for it */
    struct ext4_node *nodes;
    uint8_t *bounce;                    /* a block, for parts of one */
    uint64_t *hashes;                   /* of each group's bitmaps as the disk has them: two a group */
    bool writable, failed;              /* failed: the disk is not what we think, nothing is written */
    bool changed;                       /* something waits for a commit */
    bool freed;                         /* blocks among it were freed */
    bool unflushed;                     /* data was written */
    struct pv_waitq timer;              /* of the thread that commits now and then */
    bool stop, stopped;
    struct ext4 *next;
};

/* ---- mount.c ---- */
struct ext4 *ext4_find(const char *at);

/* ---- error.c ---- */
int ext4_error(errcode_t rc);           /* of libext2fs: 0, or a negative errno */

/* ---- commit.c: begin and end of every operation ---- */
void ext4_begin(struct ext4 *m);                /* takes the lock */
void ext4_leave(struct ext4 *m);                /* gives it back, and no more */
int ext4_begin_change(struct ext4 *m, bool data);   /* `data`: of files too. -EROFS, -EIO: no lock */
int ext4_end(struct ext4 *m, int rc);       /* gives back the lock; rc, or what a commit that was due says */
int ext4_end_change(struct ext4 *m, int rc);    /* as that, after ext4_begin_change() */
int ext4_commit(struct ext4 *m);                /* all that was done is durable; under the lock */
int ext4_learn_bitmaps(struct ext4 *m);         /* at mount: 0 or -ENOMEM */
int ext4_close_journal(struct ext4 *m);         /* at umount, after a commit */

/* ---- journal.c ---- */
int journal_open(struct ext4 *m, const char **problem);        /* 0; -EROFS with a reason, -EIO, -ENOMEM */
void journal_free(struct journal *j);
int journal_activate(struct ext4 *m);           /* before the first transaction */
int journal_commit(struct ext4 *m);             /* the dirty blocks of the cache. -E2BIG: they don't fit */
int journal_finish(struct ext4 *m);             /* says that there is nothing to replay */

/* ---- map.c: where a file's blocks lie ---- */
enum run_kind { RUN_HOLE, RUN_UNWRITTEN, RUN_DATA };

struct run {
    enum run_kind kind;
    blk64_t at;                         /* on the disk, unless it is a hole */
    uint64_t count;                     /* blocks; at least 1 */
};

/* No file has a block of that number. */
bool ext4_too_far(struct ext4 *m, const struct ext2_inode *inode, uint64_t block);

int ext4_map(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block, struct run *run);

/* Gives [block, block + count) blocks of the disk, all of them to be written by the caller. -ENOSPC: none
 * were taken. */
int ext4_allocate(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block, uint64_t count);

/* Frees the blocks of [block, end). In the middle of a file there must be room for what the map may grow by:
 * EXT4_TREE blocks. */
#define EXT4_TREE         16U
#define EXT4_RELEASE_STEP 16384U        /* blocks that are freed before others may run */
#define EXT4_END          UINT64_MAX
int ext4_release(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t block, uint64_t end);

/* ---- inode.c ---- */
int ext4_read_inode(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode);
int ext4_write_inode(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode);
uint32_t ext4_now(void);
int ext4_new_inode(struct ext4 *m, ext2_ino_t directory, mode_t mode, ext2_ino_t *ino);
int ext4_free_inode(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode);
int ext4_set_size(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t size);
int ext4_orphan_add(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode);
int ext4_orphan_remove(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode);
int ext4_orphans_clean(struct ext4 *m);         /* at mount: what a crash left */
struct ext4_node *ext4_node_find(struct ext4 *m, ext2_ino_t ino);
struct ext4_node *ext4_node_get(struct ext4 *m, ext2_ino_t ino);        /* NULL: no memory */
int ext4_node_put(struct ext4_node *n);
void ext4_fill_stat(struct ext4 *m, ext2_ino_t ino, const struct ext2_inode *inode, struct stat *st);

/* ---- file.c ---- */
extern const struct pv_file_ops ext4_file_ops;
ssize_t ext4_read_data(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t at, void *buf,
                       size_t len, bool direct);
int ext4_zero_tail(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode, uint64_t from);

/* ---- directory.c ---- */
extern const struct pv_file_ops ext4_directory_ops;
int ext4_directory_empty(struct ext4 *m, ext2_ino_t ino);       /* 1, 0, or an error */
int ext4_add_name(struct ext4 *m, ext2_ino_t directory, const char *name, ext2_ino_t ino, unsigned mode);
int ext4_set_name(struct ext4 *m, ext2_ino_t directory, const char *name, ext2_ino_t ino, unsigned mode);

/* ---- walk.c: paths ---- */

/* The inode of a path; `follow`: of what a link at its end names. */
int ext4_walk(struct ext4 *m, const char *path, bool follow, ext2_ino_t *ino);

/* The folder of a path's last name, which is copied (EXT2_NAME_LEN + 1 bytes); *ino is 0 if there is no
 * such name yet. */
int ext4_walk_parent(struct ext4 *m, const char *path, ext2_ino_t *directory, char *name, ext2_ino_t *ino);
int ext4_read_link(struct ext4 *m, ext2_ino_t ino, char *target, size_t size);  /* the length, or an error */

/* ---- names.c ---- */
extern const struct pv_fs_ops ext4_fs_ops;

#endif
