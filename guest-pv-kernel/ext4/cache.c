/* cache.c: metadata blocks in memory, and libext2fs's I/O manager over them. */
#include "private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the disk ---- */

static uint64_t sector_of(const struct cache *c, uint64_t number)
{
    return number * (c->unit / EXT4_SECTOR);
}

static bool on_disk(const struct cache *c, uint64_t number, size_t blocks)
{
    return number < c->blocks && blocks <= c->blocks - number;
}

int cache_disk_read(struct cache *c, uint64_t number, void *buf, size_t blocks)
{
    if (!on_disk(c, number, blocks))
        return -EIO;
    return c->disk->read(c->disk, sector_of(c, number), buf, blocks * c->unit);
}

int cache_disk_write(struct cache *c, uint64_t number, const void *buf, size_t blocks)
{
    if (!on_disk(c, number, blocks))
        return -EIO;
    return c->disk->write(c->disk, sector_of(c, number), buf, blocks * c->unit);
}

int cache_disk_flush(struct cache *c)
{
    return c->disk->flush ? c->disk->flush(c->disk) : 0;
}

/* ---- blocks ---- */

void cache_init(struct cache *c, struct pv_disk *disk, uint32_t unit)
{
    memset(c, 0, sizeof(*c));
    c->disk = disk;
    c->unit = unit;
    c->blocks = disk->sectors / (unit / EXT4_SECTOR);
    c->reads_left = EXT4_READS_MAX;
}

static void list_remove(struct cache_list *l, struct cache_block *b)
{
    *(b->previous ? &b->previous->next : &l->first) = b->next;
    *(b->next ? &b->next->previous : &l->last) = b->previous;
    l->count--;
}

static void list_add(struct cache_list *l, struct cache_block *b)
{
    b->previous = NULL;
    b->next = l->first;
    *(l->first ? &l->first->previous : &l->last) = b;
    l->first = b;
    l->count++;
}

static struct cache_list *list_of(struct cache *c, const struct cache_block *b)
{
    return b->dirty ? &c->dirty : &c->clean;
}

struct cache_block *cache_find(struct cache *c, uint64_t number)
{
    struct cache_block *b = c->buckets[number % CACHE_BUCKETS];

    while (b && b->number != number)
        b = b->chain;
    return b;
}

static void drop(struct cache *c, struct cache_block *b)
{
    struct cache_block **link = &c->buckets[b->number % CACHE_BUCKETS];

    while (*link != b)
        link = &(*link)->chain;
    *link = b->chain;
    list_remove(list_of(c, b), b);
    free(b);
}

void cache_free(struct cache *c)
{
    while (c->clean.first)
        drop(c, c->clean.first);
    while (c->dirty.first)
        drop(c, c->dirty.first);
}

static struct cache_block *add(struct cache *c, uint64_t number)
{
    struct cache_block *b;

    while (c->clean.count >= EXT4_CLEAN_MAX)
        drop(c, c->clean.last);
    b = malloc(sizeof(*b) + c->unit);
    if (!b)
        return NULL;
    b->number = number;
    b->dirty = false;
    b->chain = c->buckets[number % CACHE_BUCKETS];
    c->buckets[number % CACHE_BUCKETS] = b;
    list_add(&c->clean, b);
    return b;
}

/* The block, read from the disk if need be; `fill`: its bytes will all be written. */
static int get(struct cache *c, uint64_t number, bool fill, struct cache_block **out)
{
    struct cache_block *b = cache_find(c, number);
    int rc = 0;

    if (!on_disk(c, number, 1) || c->reads_left == 0)
        return -EIO;
    c->reads_left--;
    if (b) {
        list_remove(list_of(c, b), b);
        list_add(list_of(c, b), b);
    } else {
        b = add(c, number);
        if (!b)
            return -ENOMEM;
        if (!fill)
            rc = cache_disk_read(c, number, b->data, 1);
        if (rc)
            drop(c, b);
    }
    *out = b;
    return rc;
}

int cache_get(struct cache *c, uint64_t number, const uint8_t **bytes)
{
    struct cache_block *b = NULL;
    int rc = get(c, number, false, &b);

    if (rc == 0)
        *bytes = b->data;
    return rc;
}

void cache_forget(struct cache *c, uint64_t number, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct cache_block *b = cache_find(c, number + i);

        if (b)
            drop(c, b);
    }
}

static void set_dirty(struct cache *c, struct cache_block *b, bool dirty)
{
    if (b->dirty == dirty)
        return;
    list_remove(list_of(c, b), b);
    b->dirty = dirty;
    list_add(list_of(c, b), b);
}

static int change(struct cache *c, uint64_t number, size_t offset, const void *bytes, size_t len)
{
    struct cache_block *b = NULL;
    int rc = get(c, number, len == c->unit && !cache_find(c, number) && c->through, &b);

    if (rc)
        return rc;
    if (!c->through && memcmp(b->data + offset, bytes, len) == 0)
        return 0;
    if (!b->dirty && c->dirty_max && c->dirty.count >= c->dirty_max)
        return -ENOMEM;
    memcpy(b->data + offset, bytes, len);
    if (c->through)
        return cache_disk_write(c, number, b->data, 1);
    set_dirty(c, b, true);
    return 0;
}

int cache_write_back(struct cache *c, bool (*which)(void *arg, uint64_t number), void *arg)
{
    struct cache_block *b = c->dirty.last, *before;
    int rc = 0;

    for (; b && rc == 0; b = before) {
        before = b->previous;
        if (which && !which(arg, b->number))
            continue;
        rc = cache_disk_write(c, b->number, b->data, 1);
        if (rc == 0)
            set_dirty(c, b, false);
    }
    return rc;
}

/* ---- libext2fs's channel: an open cache; its block size is only the unit of its addresses ---- */

void cache_name(const struct cache *c, char name[CACHE_NAME_SIZE])
{
    snprintf(name, CACHE_NAME_SIZE, "cache %p", (const void *)c);
}

/* Names come from cache_name() alone; libext2fs hands them on. */
static errcode_t channel_open(const char *name, int flags, io_channel *out)
{
    io_channel channel = calloc(1, sizeof(*channel));
    void *c = NULL;

    (void)flags;
    if (!channel)
        return ENOMEM;
    if (sscanf(name, "cache %p", &c) != 1 || !c) {
        free(channel);
        return ENODEV;
    }
    channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    channel->manager = &ext4_io_manager;
    channel->name = strdup(name);
    channel->block_size = 1024;
    channel->refcount = 1;
    channel->private_data = c;
    if (!channel->name) {
        free(channel);
        return ENOMEM;
    }
    *out = channel;
    return 0;
}

static errcode_t channel_close(io_channel channel)
{
    if (--channel->refcount)
        return 0;
    free(channel->name);
    free(channel);
    return 0;
}

static errcode_t channel_set_block_size(io_channel channel, int size)
{
    channel->block_size = size;
    return 0;
}

/* Where a transfer of libext2fs lies, in bytes: `count` is blocks, or bytes if negative. */
static int place(io_channel channel, unsigned long long block, int count, uint64_t *at, uint64_t *len)
{
    uint64_t size = (uint64_t)channel->block_size;

    *len = count < 0 ? (uint64_t)-(int64_t)count : (uint64_t)count * size;
    return __builtin_mul_overflow(block, size, at) || *at + *len < *at ? -EIO : 0;
}

static errcode_t channel_read(io_channel channel, unsigned long long block, int count, void *data)
{
    struct cache *c = channel->private_data;
    uint64_t at, len;
    uint8_t *to = data;
    int rc = place(channel, block, count, &at, &len);

    while (rc == 0 && len) {
        size_t offset = at % c->unit, n = c->unit - offset < len ? c->unit - offset : (size_t)len;
        const uint8_t *bytes;

        rc = cache_get(c, at / c->unit, &bytes);
        if (rc == 0)
            memcpy(to, bytes + offset, n);
        to += n;
        at += n;
        len -= n;
    }
    return -rc;
}

static errcode_t write_bytes(struct cache *c, uint64_t at, uint64_t len, const uint8_t *from)
{
    int rc = c->refuse ? -EROFS : 0;

    while (rc == 0 && len) {
        size_t offset = at % c->unit, n = c->unit - offset < len ? c->unit - offset : (size_t)len;

        rc = change(c, at / c->unit, offset, from, n);
        from += n;
        at += n;
        len -= n;
    }
    return -rc;
}

static errcode_t channel_write(io_channel channel, unsigned long long block, int count, const void *data)
{
    uint64_t at, len;
    int rc = place(channel, block, count, &at, &len);

    return rc ? -rc : write_bytes(channel->private_data, at, len, data);
}

static errcode_t channel_write_byte(io_channel channel, unsigned long offset, int count, const void *data)
{
    return write_bytes(channel->private_data, offset, (uint64_t)count, data);
}

static errcode_t channel_read_old(io_channel channel, unsigned long block, int count, void *data)
{
    return channel_read(channel, block, count, data);
}

static errcode_t channel_write_old(io_channel channel, unsigned long block, int count, const void *data)
{
    return channel_write(channel, block, count, data);
}

static errcode_t channel_zero(io_channel channel, unsigned long long block, unsigned long long count)
{
    struct cache *c = channel->private_data;
    uint8_t *zeros = calloc(1, c->unit);
    uint64_t at, len;
    int rc = !zeros ? -ENOMEM : count > INT32_MAX ? -EINVAL : place(channel, block, (int)count, &at, &len);
    errcode_t error = -rc;

    for (; error == 0 && len; at += c->unit, len -= len < c->unit ? len : c->unit)
        error = write_bytes(c, at, len < c->unit ? len : c->unit, zeros);
    free(zeros);
    return error;
}

/* What waits in the cache has its time; what went through must stay. */
static errcode_t channel_flush(io_channel channel)
{
    struct cache *c = channel->private_data;

    return c->through ? -cache_disk_flush(c) : 0;
}

struct struct_io_manager ext4_io_manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "cache",
    .open = channel_open,
    .close = channel_close,
    .set_blksize = channel_set_block_size,
    .read_blk = channel_read_old,
    .write_blk = channel_write_old,
    .flush = channel_flush,
    .write_byte = channel_write_byte,
    .read_blk64 = channel_read,
    .write_blk64 = channel_write,
    .zeroout = channel_zero,
};
