/*
 * journal.c: transactions in the ext3/ext4 journal (the format of JBD2). At most one is in it: a commit
 * writes a transaction to the log, then its blocks in place, and only then may the next one be the log's. So
 * nothing ever needs to be revoked. The two halves of the log take turns: until the disk is known to say that
 * the next transaction counts, the last one stays as it is. What a crash left is replayed by libext2fs's own
 * code before this file sees the journal.
 */
#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAGIC 0xc03b3998U

enum block_type { TYPE_DESCRIPTOR = 1, TYPE_COMMIT, TYPE_SUPER_1, TYPE_SUPER_2 };

#define INCOMPAT_REVOKE      0x01U
#define INCOMPAT_64BIT       0x02U
#define INCOMPAT_CSUM_V3     0x10U
#define TAG_ESCAPED   1U
#define TAG_SAME_UUID 2U
#define TAG_LAST      8U
#define CRC32C        4U

struct super {                          /* big-endian */
    uint32_t magic, type, unused_sequence;
    uint32_t block_size, blocks, first;
    uint32_t sequence, start, error;
    uint32_t compat, incompat, ro_compat;
    uint8_t uuid[16];
    uint32_t users, unused[3];
    uint8_t checksum_type, padding[171];
    uint32_t checksum;
    uint8_t user_ids[768];
};

struct header {
    uint32_t magic, type, sequence;
};

struct commit {
    struct header header;
    uint8_t checksum_type, checksum_size, padding[2];
    uint32_t checksum[8];
    uint64_t seconds;
    uint32_t nanoseconds;
};

_Static_assert(sizeof(struct super) == 1024 && offsetof(struct super, checksum) == 0xfc, "format");
_Static_assert(offsetof(struct commit, checksum) == 16 && offsetof(struct commit, seconds) == 48, "format");

static uint32_t be32(uint32_t value)
{
    return __builtin_bswap32(value);
}

static uint64_t be64(uint64_t value)
{
    return __builtin_bswap64(value);
}

static uint32_t crc(uint32_t seed, const void *bytes, size_t len)
{
    return ext2fs_crc32c_le(seed, bytes, len);
}

static int write_super(struct ext4 *m, bool to_replay)
{
    struct journal *j = &m->journal;
    struct super *s = (struct super *)j->super;

    s->sequence = be32(j->sequence);
    s->start = be32(to_replay ? j->at : 0);
    s->checksum = 0;
    if (j->checksums)
        s->checksum = be32(crc(~0U, s, sizeof(*s)));
    return cache_disk_write(&m->cache, j->map[0], j->super, 1);
}

/* ---- opening ---- */

static int check_super(struct ext4 *m, uint64_t blocks, const char **problem)
{
    struct super *s = (struct super *)m->journal.super;
    uint32_t type = be32(s->type), first = be32(s->first);

    *problem = "its journal is damaged";
    if (be32(s->magic) != MAGIC || (type != TYPE_SUPER_1 && type != TYPE_SUPER_2) ||
        be32(s->block_size) != m->cache.unit || be32(s->blocks) > blocks || be32(s->blocks) < 64 ||
        first == 0 || first > be32(s->blocks) - 32)
        return -EROFS;
    *problem = "its journal says that there was an error";
    return s->start || s->error ? -EROFS : 0;
}

/* The log is empty, so the features are ours to choose, as they are Linux's at each mount. */
static void choose_features(struct ext4 *m)
{
    struct journal *j = &m->journal;
    struct super *s = (struct super *)j->super;
    uint32_t incompat = 0;

    if (be32(s->type) == TYPE_SUPER_2) {
        incompat = be32(s->incompat) & (INCOMPAT_REVOKE | INCOMPAT_64BIT);
        if (ext2fs_has_feature_metadata_csum(m->fs->super))
            incompat |= INCOMPAT_CSUM_V3;
        s->compat = 0;
        s->incompat = be32(incompat);
        s->checksum_type = incompat & INCOMPAT_CSUM_V3 ? CRC32C : 0;
    }
    j->checksums = incompat & INCOMPAT_CSUM_V3;
    j->wide = incompat & INCOMPAT_64BIT;
    j->tag_bytes = j->checksums ? 16 : j->wide ? 12 : 8;
    j->seed = crc(~0U, s->uuid, sizeof(s->uuid));
    j->first = be32(s->first);
    j->sequence = be32(s->sequence);
    if (j->blocks > be32(s->blocks))
        j->blocks = be32(s->blocks);
    j->half = (j->blocks - j->first) / 2;
    j->at = j->first;
}

static int map_blocks(struct ext4 *m, ext2_ino_t ino, struct ext2_inode *inode)
{
    struct journal *j = &m->journal;
    struct run run;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < j->blocks; i += (uint32_t)run.count) {
        rc = ext4_map(m, ino, inode, i, &run);
        if (rc == 0 && run.kind != RUN_DATA)
            rc = -EROFS;
        if (rc)
            break;
        if (run.count > j->blocks - i)
            run.count = j->blocks - i;
        for (uint32_t k = 0; k < run.count; k++)
            j->map[i + k] = run.at + k;
    }
    return rc;
}

int journal_open(struct ext4 *m, const char **problem)
{
    struct journal *j = &m->journal;
    struct ext2_super_block *fs = m->fs->super;
    struct ext2_inode inode;
    uint64_t blocks;
    int rc;

    if (!ext2fs_has_feature_journal(fs))
        return 0;
    *problem = "its journal is damaged";
    rc = fs->s_journal_inum ? ext4_read_inode(m, fs->s_journal_inum, &inode) : -EROFS;
    if (rc)
        return rc;
    blocks = EXT2_I_SIZE(&inode) / m->cache.unit;
    j->blocks = blocks < EXT4_JOURNAL_MAX ? (uint32_t)blocks : EXT4_JOURNAL_MAX;
    j->map = j->blocks ? calloc(j->blocks, sizeof(*j->map)) : NULL;
    j->super = malloc(m->cache.unit);
    if (!j->map || !j->super)
        return j->blocks ? -ENOMEM : -EROFS;
    rc = map_blocks(m, fs->s_journal_inum, &inode);
    if (rc == 0)
        rc = cache_disk_read(&m->cache, j->map[0], j->super, 1);
    if (rc == 0)
        rc = check_super(m, blocks, problem);
    if (rc)
        return rc;
    choose_features(m);
    j->present = true;
    return 0;
}

void journal_free(struct journal *j)
{
    free(j->map);
    free(j->super);
    memset(j, 0, sizeof(*j));
}

int journal_activate(struct ext4 *m)
{
    struct journal *j = &m->journal;
    int rc;

    if (j->active)
        return 0;
    if (j->sequence == 0)
        j->sequence = 1;
    rc = write_super(m, true);
    if (rc == 0)
        rc = cache_disk_flush(&m->cache);
    j->active = rc == 0;
    return rc;
}

int journal_finish(struct ext4 *m)
{
    int rc = write_super(m, false);

    if (rc == 0)
        rc = cache_disk_flush(&m->cache);
    m->journal.active = false;
    return rc;
}

/* ---- a transaction ---- */

struct log {
    struct ext4 *m;
    uint32_t at;                        /* block of the log that comes next */
    uint8_t *descriptor;                /* being filled */
    uint32_t descriptor_at;
    size_t used;
    uint8_t *last_tag;
    uint8_t *copy;
};

static void begin_block(struct journal *j, void *block, size_t unit, enum block_type type)
{
    struct header *h = block;

    memset(block, 0, unit);
    *h = (struct header){ be32(MAGIC), be32(type), be32(j->sequence) };
}

static int write_descriptor(struct log *l)
{
    struct ext4 *m = l->m;
    uint32_t *tail = (uint32_t *)(l->descriptor + m->cache.unit - 4);

    if (!l->last_tag)
        return 0;
    /* the flags' low byte is the last of the word (CSUM_V3) or half-word, which begins at 4 or 6 */
    l->last_tag[7] |= TAG_LAST;
    l->last_tag = NULL;
    if (m->journal.checksums)
        *tail = be32(crc(m->journal.seed, l->descriptor, m->cache.unit));
    return cache_disk_write(&m->cache, m->journal.map[l->descriptor_at], l->descriptor, 1);
}

static void put32(uint8_t *at, uint32_t value)
{
    value = be32(value);
    memcpy(at, &value, 4);
}

static void add_tag(struct log *l, uint64_t number, bool escaped)
{
    struct journal *j = &l->m->journal;
    bool first = l->used == sizeof(struct header);
    uint8_t *tag = l->descriptor + l->used;
    uint32_t sequence = be32(j->sequence);

    put32(tag, (uint32_t)number);
    tag[7] = (uint8_t)((escaped ? TAG_ESCAPED : 0) | (first ? 0 : TAG_SAME_UUID));
    if (j->wide || j->checksums)
        put32(tag + 8, (uint32_t)(number >> 32));
    if (j->checksums)
        put32(tag + 12, crc(crc(j->seed, &sequence, 4), l->copy, l->m->cache.unit));
    l->last_tag = tag;
    l->used += j->tag_bytes + (first ? 16 : 0);
}

/* One block goes to the log; what looks like the log's own is escaped. */
static int log_block(struct log *l, const struct cache_block *b)
{
    struct ext4 *m = l->m;
    struct journal *j = &m->journal;
    uint32_t magic = be32(MAGIC);
    bool escaped;
    int rc = 0;

    if (l->used + j->tag_bytes + 16 + 4 > m->cache.unit)
        rc = write_descriptor(l);
    if (rc)
        return rc;
    if (!l->last_tag) {
        l->descriptor_at = l->at++;
        begin_block(j, l->descriptor, m->cache.unit, TYPE_DESCRIPTOR);
        l->used = sizeof(struct header);
    }
    memcpy(l->copy, b->data, m->cache.unit);
    escaped = memcmp(l->copy, &magic, 4) == 0;
    if (escaped)
        memset(l->copy, 0, 4);
    add_tag(l, b->number, escaped);
    return cache_disk_write(&m->cache, j->map[l->at++], l->copy, 1);
}

static int write_commit(struct log *l)
{
    struct ext4 *m = l->m;
    struct commit *c = (struct commit *)l->copy;

    begin_block(&m->journal, c, m->cache.unit, TYPE_COMMIT);
    c->seconds = be64((uint64_t)time(NULL));
    if (m->journal.checksums)
        c->checksum[0] = be32(crc(m->journal.seed, c, m->cache.unit));
    return cache_disk_write(&m->cache, m->journal.map[l->at], c, 1);
}

static int write_log(struct log *l)
{
    struct ext4 *m = l->m;
    int rc = 0;

    for (struct cache_block *b = m->cache.dirty.last; b && rc == 0; b = b->previous)
        rc = log_block(l, b);
    if (rc == 0)
        rc = write_descriptor(l);
    if (rc == 0)
        rc = cache_disk_flush(&m->cache);       /* data and log before the commit */
    if (rc == 0)
        rc = write_commit(l);
    if (rc == 0)
        rc = cache_disk_flush(&m->cache);
    return rc;
}

/* Blocks of the log that n blocks need. */
static uint64_t needed(const struct ext4 *m, uint64_t n)
{
    uint64_t tags = (m->cache.unit - sizeof(struct header) - 16 - 4) / m->journal.tag_bytes - 1;

    return n + n / tags + 3;
}

int journal_commit(struct ext4 *m)
{
    struct journal *j = &m->journal;
    struct log l = { .m = m, .at = j->at };
    int rc;

    if (needed(m, m->cache.dirty.count) > j->half)
        return -E2BIG;
    l.descriptor = malloc(m->cache.unit);
    l.copy = malloc(m->cache.unit);
    rc = l.descriptor && l.copy ? write_log(&l) : -ENOMEM;
    free(l.descriptor);
    free(l.copy);
    if (rc == 0)
        rc = cache_write_back(&m->cache, NULL, NULL);
    if (rc == 0)
        rc = cache_disk_flush(&m->cache);
    if (rc)
        return rc;
    j->sequence++;
    j->at = j->at == j->first ? j->first + j->half : j->first;
    return write_super(m, true);        /* durable before the next commit block is */
}
