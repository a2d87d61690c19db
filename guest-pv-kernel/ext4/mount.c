/* mount.c: from a disk to a mounted file system and back. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pv/time.h>

#define COMMIT_NS    (5 * PV_NS_PER_SEC)
#define STACK_BYTES  (64 * 1024)
#define BITMAPS_MAX  (64ULL << 20)      /* bytes of bitmaps that a writable file system may need */
#define GROUPS_MAX   (1U << 18)
#define REPLAY_MAX   8192U              /* blocks of a journal that is replayed in memory */
#define SUPER_AT     1024U

static struct ext4 *mounts;
static const char *problem;

const char *pv_ext4_problem(void)
{
    return problem;
}

struct ext4 *ext4_find(const char *at)
{
    struct ext4 *m = mounts;

    while (m && strcmp(m->at, at) != 0)
        m = m->next;
    return m;
}

static int refuse(int rc, const char *why)
{
    problem = why;
    return rc;
}

/* ---- what may be mounted ---- */

/* Features that make changes by us wrong. */
static const char *read_only_because(const struct ext2_super_block *s)
{
    if (s->s_feature_ro_compat & ~(EXT2_LIB_FEATURE_RO_COMPAT_SUPP))
        return "it has features that are not known here";
    if (s->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_BIGALLOC)
        return "it allocates in clusters (bigalloc)";
    if (s->s_feature_ro_compat & EXT4_FEATURE_RO_COMPAT_QUOTA)
        return "it keeps quotas";
    if (s->s_feature_ro_compat & (EXT4_FEATURE_RO_COMPAT_READONLY | EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS |
                                  EXT4_FEATURE_RO_COMPAT_VERITY | EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT))
        return "it has features that only allow reading";
    if (s->s_feature_incompat & EXT4_FEATURE_INCOMPAT_MMP)
        return "it is protected against several writers (mmp)";
    if (s->s_feature_incompat & (EXT4_FEATURE_INCOMPAT_INLINE_DATA | EXT4_FEATURE_INCOMPAT_ENCRYPT |
                                 EXT4_FEATURE_INCOMPAT_CASEFOLD | EXT4_FEATURE_INCOMPAT_EA_INODE))
        return "it has features that only allow reading here";
    if ((s->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL) && !s->s_journal_inum)
        return "its journal is on another device";
    if (s->s_state & EXT2_ERROR_FS)
        return "it has errors: e2fsck mends it";
    if (!(s->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL) && !(s->s_state & EXT2_VALID_FS))
        return "it was not unmounted: e2fsck mends it";
    return NULL;
}

/* How much memory it will take: a small disk may claim to need much. */
static bool too_large(const struct ext2_super_block *s, uint64_t blocks, bool writable)
{
    uint64_t groups = s->s_blocks_per_group ? blocks / s->s_blocks_per_group + 1 : 0;

    return groups == 0 || groups > GROUPS_MAX || (writable && (blocks + s->s_inodes_count) / 8 > BITMAPS_MAX);
}

/* libext2fs writes outside of its bitmaps when blocks are counted from anywhere else. */
static bool begins_anywhere(const struct ext2_super_block *s)
{
    return s->s_first_data_block > 1 || (s->s_first_data_block == 1 && s->s_log_block_size != 0);
}

/* The superblock as it is on the disk; *unit becomes the block size. */
static int check_super(struct pv_disk *disk, const struct ext2_super_block *s, bool writable, uint32_t *unit)
{
    uint64_t blocks = s->s_blocks_count;
    const char *why;

    if (s->s_magic != EXT2_SUPER_MAGIC || s->s_log_block_size > 6)
        return refuse(-EINVAL, "there is no ext2, ext3 or ext4 file system on it");
    if (s->s_feature_incompat & ~(EXT2_LIB_FEATURE_INCOMPAT_SUPP) ||
        (s->s_feature_incompat & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV))
        return refuse(-EINVAL, "the file system has features that are not known here");
    *unit = 1024U << s->s_log_block_size;
    if (s->s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT)
        blocks |= (uint64_t)s->s_blocks_count_hi << 32;
    if (*unit < disk->granularity * EXT4_SECTOR)
        return refuse(-EINVAL, "the file system's blocks are smaller than the disk's");
    if (blocks == 0 || blocks > disk->sectors / (*unit / EXT4_SECTOR))
        return refuse(-EINVAL, "the file system is larger than its disk");
    if (begins_anywhere(s))
        return refuse(-EINVAL, "the file system is damaged: e2fsck mends it");
    if (too_large(s, blocks, writable))
        return refuse(-ENOMEM, "the file system is too large");
    why = writable ? read_only_because(s) : NULL;
    return why ? refuse(-EROFS, why) : 0;
}

static int read_super(struct pv_disk *disk, bool writable, uint32_t *unit, bool *recover)
{
    struct ext2_super_block *s;
    char *page = malloc(4096);
    int rc = page ? 0 : -ENOMEM;

    if (rc == 0)
        rc = disk->sectors < 4096 / EXT4_SECTOR ? refuse(-EINVAL, "it is too small")
                                                : disk->read(disk, 0, page, 4096);
    if (rc == 0) {
        s = (struct ext2_super_block *)(page + SUPER_AT);
        rc = check_super(disk, s, writable, unit);
        *recover = s->s_feature_incompat & EXT3_FEATURE_INCOMPAT_RECOVER;
    }
    free(page);
    return rc;
}

/* ---- opening ---- */

/* debugfs/journal.c and e2fsck/recovery.c of e2fsprogs: what we need of them */
struct journal_s;
errcode_t ext2fs_open_journal(ext2_filsys fs, struct journal_s **j);
errcode_t ext2fs_close_journal(ext2_filsys fs, struct journal_s **j);
errcode_t ext2fs_run_ext3_journal(ext2_filsys *fs);
void jbd2_journal_destroy_revoke_record_cache(void);
void jbd2_journal_destroy_revoke_table_cache(void);

static struct pv_mutex replaying = PV_MUTEX_INIT;      /* that code keeps what it knows in one place */

/* Whether the journal can be read at all. The check that the replay makes itself would empty a journal
 * that fails it. */
static int check_journal(struct ext4 *m)
{
    struct journal_s *j;
    int flags = m->fs->flags;
    errcode_t rc;

    m->fs->flags &= ~EXT2_FLAG_RW;
    m->cache.refuse = true;
    rc = ext2fs_open_journal(m->fs, &j);
    if (rc == 0)
        ext2fs_close_journal(m->fs, &j);
    m->cache.refuse = false;
    m->fs->flags = flags;
    return rc ? refuse(-EROFS, "its journal cannot be replayed: e2fsck mends it") : 0;
}

static int replay_alone(struct ext4 *m)
{
    int rc = check_journal(m);

    if (rc)
        return rc;
    m->cache.through = m->writable;
    m->cache.dirty_max = m->writable ? 0 : REPLAY_MAX;
    m->cache.reads_left = UINT32_MAX;
    rc = ext4_error(ext2fs_run_ext3_journal(&m->fs));
    if (rc == 0 && m->writable)
        rc = ext4_error(ext2fs_flush(m->fs));
    m->cache.through = false;
    m->cache.reads_left = EXT4_READS_MAX;
    return rc ? refuse(rc, "its journal cannot be replayed: e2fsck mends it") : 0;
}

static int replay(struct ext4 *m)
{
    int rc;

    pv_mutex_lock(&replaying);
    rc = replay_alone(m);
    jbd2_journal_destroy_revoke_record_cache();     /* it forgets that when it fails */
    jbd2_journal_destroy_revoke_table_cache();
    pv_mutex_unlock(&replaying);
    return rc;
}

static int open_fs(struct ext4 *m, bool recover)
{
    char name[CACHE_NAME_SIZE];
    int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | (m->writable || recover ? EXT2_FLAG_RW : 0);
    errcode_t rc;

    cache_name(&m->cache, name);
    rc = ext2fs_open2(name, NULL, flags, 0, m->cache.unit, &ext4_io_manager, &m->fs);
    if (rc) {
        m->fs = NULL;
        return refuse(rc <= 255 ? -(int)rc : -EINVAL, "the file system is damaged");
    }
    return recover ? replay(m) : 0;
}

/* The journal may have brought another superblock than the one that was looked at first. */
static int check_again(const struct ext4 *m)
{
    uint32_t unit = 0;
    int rc = check_super(m->disk, m->fs->super, m->writable, &unit);

    if (rc == 0 && unit != m->cache.unit)
        rc = refuse(-EINVAL, "the file system is damaged: e2fsck mends it");
    return rc;
}

/* What changes need. */
static int make_writable(struct ext4 *m)
{
    int rc;

    m->fs->default_bitmap_type = EXT2FS_BMAP64_BITARRAY;
    m->cache.reads_left = UINT32_MAX;
    rc = ext4_error(ext2fs_read_bitmaps(m->fs));
    if (rc)
        return refuse(rc, "its bitmaps cannot be read: e2fsck mends it");
    rc = ext4_learn_bitmaps(m);
    if (rc == 0)
        rc = journal_open(m, &problem);
    if (rc == 0)
        rc = ext4_orphans_clean(m);
    m->cache.reads_left = EXT4_READS_MAX;
    if (rc == 0)
        problem = NULL;
    return rc;
}

static void free_mount(struct ext4 *m)
{
    journal_free(&m->journal);
    if (m->fs)
        ext2fs_free(m->fs);
    cache_free(&m->cache);
    free(m->hashes);
    free(m->bounce);
    free(m->at);
    free(m);
}

static int prepare(struct ext4 *m, bool recover)
{
    struct ext2_inode root;
    int rc = open_fs(m, recover);

    if (rc == 0 && recover)
        rc = check_again(m);
    if (rc == 0 && m->writable)
        rc = make_writable(m);
    m->cache.refuse = !m->writable;
    if (rc == 0)
        rc = ext4_read_inode(m, EXT2_ROOT_INO, &root);
    if (rc == 0 && !S_ISDIR(root.i_mode))
        rc = refuse(-EIO, "it has no root directory: e2fsck mends it");
    return rc;
}

/* ---- the thread that commits ---- */

static void commit_now_and_then(void *arg)
{
    struct ext4 *m = arg;

    while (!m->stop) {
        uint64_t deadline;

        while (!m->stop && !m->changed)
            pv_wait(&m->timer, UINT64_MAX);
        deadline = pv_now_ns() + COMMIT_NS;
        while (!m->stop && pv_now_ns() < deadline)
            pv_wait(&m->timer, deadline);
        /* who has it may be the umount, which waits for us then */
        if (!m->stop && pv_mutex_trylock(&m->lock)) {
            ext4_commit(m);
            pv_mutex_unlock(&m->lock);
        }
    }
    m->stopped = true;
    pv_wake(&m->timer);
}

static void stop_thread(struct ext4 *m)
{
    m->stop = true;
    pv_wake(&m->timer);
    pv_wait_event(&m->timer, m->stopped);
}

/* ---- mounting ---- */

static int add_mount(struct ext4 *m)
{
    int rc;

    if (m->writable && !pv_thread_create("ext4", STACK_BYTES, commit_now_and_then, m))
        return -ENOMEM;
    rc = pv_vfs_mount(m->at, &ext4_fs_ops, m);
    if (rc && m->writable)
        stop_thread(m);
    if (rc)
        return rc;
    m->next = mounts;
    mounts = m;
    return 0;
}

/* libext2fs reports numbers that it finds out of range. */
static void ignore_report(const char *who, errcode_t code, const char *format, va_list args)
{
    (void)who, (void)code, (void)format, (void)args;
}

int pv_ext4_mount(const char *at, struct pv_disk *disk, bool writable)
{
    struct ext4 *m;
    uint32_t unit = 0;
    bool recover = false;
    int rc;

    problem = NULL;
    if (writable && disk->read_only)
        return refuse(-EROFS, "the disk is read-only");
    rc = read_super(disk, writable, &unit, &recover);
    if (rc)
        return rc;
    m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->at = strdup(at);
    m->bounce = malloc(unit);
    m->disk = disk;
    m->writable = writable;
    pv_mutex_init(&m->lock);
    pv_waitq_init(&m->timer);
    cache_init(&m->cache, disk, unit);
    set_com_err_hook(ignore_report);
    rc = m->at && m->bounce ? prepare(m, recover) : -ENOMEM;
    if (rc == 0)
        rc = add_mount(m);
    if (rc)
        free_mount(m);
    return rc;
}

int pv_ext4_umount(const char *at)
{
    struct ext4 *m = ext4_find(at), **link = &mounts;
    int rc = 0;

    if (!m)
        return -EINVAL;
    ext4_begin(m);
    if (!m->nodes && m->writable)
        rc = ext4_commit(m);
    if (m->nodes || m->users > 1)       /* looked at again: somebody may have come while the commit waited */
        return ext4_end(m, -EBUSY);
    pv_vfs_umount(at);
    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
    if (rc == 0 && m->writable)
        rc = ext4_close_journal(m);
    ext4_leave(m);
    if (m->writable)
        stop_thread(m);
    free_mount(m);
    return rc;
}

int pv_ext4_sync(const char *at)
{
    struct ext4 *m = ext4_find(at);

    if (!m)
        return -EINVAL;
    ext4_begin(m);
    return ext4_end(m, ext4_commit(m));
}
