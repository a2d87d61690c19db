/*
 * image.c: see image.h. Where the file's pieces lie is looked up once and kept. A request that lies
 * in one known piece goes straight to the disk below; all others wait for a thread, which asks the
 * file system, takes them apart, gives room to what has none, takes it from what is discarded when
 * nothing is on its way there, and makes the file system's own data durable at a flush if room was given.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pv/event.h>
#include <pv/ext4.h>
#include <pv/memory.h>
#include <pv/thread.h>
#include <pv/vfs.h>

#include "../drivers/block/block.h"
#include "storage.h"

#define PIECES      1024u               /* that are kept; others are looked up again */
#define ROOM        256u                /* sectors that get room together */
#define STACK_BYTES (48 * 1024)

struct piece {
    uint64_t first, sectors;            /* of the file */
    uint64_t below;                     /* where they lie on the disk below */
};

struct image {
    struct block_device block;
    struct block_device *below;
    const struct storage_mount *mount;
    int fd;
    bool writable;
    bool grown;                         /* room was given since the last flush */
    struct piece pieces[PIECES];        /* sorted */
    size_t piece_count;
    struct block_request *waiting, **waiting_end;   /* by upcalls being off */
    unsigned passed;                    /* requests that the disk below has got from start() */
    bool holding;                       /* nothing is passed on */
    struct pv_waitq work;
    bool stop, stopped;
};

static struct image *image_of(struct block_device *d)
{
    return (struct image *)((char *)d - offsetof(struct image, block));
}

bool image_is_path(const char *target)
{
    return target[0] == '/' && strncmp(target, "/dev/", 5) != 0;
}

/* ---- pieces ---- */

/* The first piece that does not end before the sector. */
static size_t place_of(const struct image *im, uint64_t sector)
{
    size_t low = 0, high = im->piece_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (im->pieces[middle].first + im->pieces[middle].sectors <= sector)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool known(const struct image *im, uint64_t sector, struct piece *rest)
{
    size_t i = place_of(im, sector);
    const struct piece *p = &im->pieces[i];

    if (i == im->piece_count || p->first > sector)
        return false;
    *rest = (struct piece){ sector, p->sectors - (sector - p->first), p->below + (sector - p->first) };
    return true;
}

/* A piece that was looked up; what it overlaps was looked up before, and is a part of it. Upcalls are off. */
static void keep(struct image *im, const struct piece *p)
{
    size_t i = place_of(im, p->first), end = i;

    while (end < im->piece_count && im->pieces[end].first < p->first + p->sectors)
        end++;
    if (end == i && im->piece_count == PIECES)
        return;
    if (end != i && (im->pieces[i].first < p->first ||
                     im->pieces[end - 1].first + im->pieces[end - 1].sectors > p->first + p->sectors))
        return;
    memmove(&im->pieces[i + 1], &im->pieces[end], (im->piece_count - end) * sizeof(*p));
    im->pieces[i] = *p;
    im->piece_count = im->piece_count + 1 - (end - i);
}

/* Upcalls are off. */
static void forget(struct image *im, uint64_t sector, uint64_t sectors)
{
    size_t i = place_of(im, sector), end = i;

    while (end < im->piece_count && im->pieces[end].first < sector + sectors)
        end++;
    memmove(&im->pieces[i], &im->pieces[end], (im->piece_count - end) * sizeof(im->pieces[0]));
    im->piece_count -= end - i;
}

/* Where the sector lies. 1: `p` says it; 0: nowhere, for p->sectors; or an error. */
static int look_up(struct image *im, uint64_t sector, struct piece *p)
{
    struct pv_ext4_run run;
    bool on, found;
    int rc;

    on = pv_upcalls_disable();
    found = known(im, sector, p);
    pv_upcalls_restore(on);
    if (found)
        return 1;
    rc = pv_ext4_where(im->fd, sector, &run);
    if (rc)
        return rc;
    *p = (struct piece){ sector, run.sectors, run.sector };
    if (!run.data)
        return 0;
    on = pv_upcalls_disable();
    keep(im, p);
    pv_upcalls_restore(on);
    return 1;
}

/* Room for a write, and around it: small writes side by side ask once. */
static int give_room(struct image *im, uint64_t sector, uint64_t sectors)
{
    uint64_t first = sector / ROOM * ROOM, end = (sector + sectors + ROOM - 1) / ROOM * ROOM;

    if (end > im->block.sectors)
        end = im->block.sectors;
    im->grown = true;
    return pv_ext4_reserve(im->fd, first, end - first);
}

/* ---- the thread's requests: taken apart ---- */

struct part {
    struct block_request request;
    struct pv_waitq done;
    bool is_done;
    int error;
};

static void part_done(struct block_request *r, int error)
{
    struct part *p = r->arg;

    p->error = error;
    p->is_done = true;
    pv_wake(&p->done);
}

/* The segments of [offset, offset + bytes) of a request. */
static void cut(const struct block_request *r, uint64_t offset, uint64_t bytes, struct block_request *out)
{
    out->segment_count = 0;
    for (unsigned i = 0; i < r->segment_count && bytes; i++) {
        uint64_t length = r->segments[i].bytes, skip = offset < length ? offset : length;

        offset -= skip;
        length = length - skip < bytes ? length - skip : bytes;
        bytes -= length;
        if (length)
            out->segments[out->segment_count++] = (struct block_segment){ r->segments[i].machine + skip,
                                                                          (uint32_t)length };
    }
}

static int do_part(struct image *im, struct part *part, const struct block_request *r, uint64_t done,
                   const struct piece *p)
{
    int rc;

    part->request.operation = r->operation;
    part->request.sector = p->below;
    cut(r, done * BLOCK_SECTOR, p->sectors * BLOCK_SECTOR, &part->request);
    part->request.done = part_done;
    part->request.arg = part;
    part->is_done = false;
    pv_waitq_init(&part->done);
    rc = block_submit(im->below, &part->request);
    if (rc)
        return rc;
    pv_wait_event(&part->done, part->is_done);
    return part->error;
}

/* Memory of requests is this domain's own, wherever it is mapped. */
static int zero_part(const struct block_request *r, uint64_t done, uint64_t sectors, struct part *part)
{
    const struct block_segment *segments = part->request.segments;
    xen_pfn_t frames[BLOCK_SEGMENTS] = { 0 };
    unsigned count;
    char *pages;

    cut(r, done * BLOCK_SECTOR, sectors * BLOCK_SECTOR, &part->request);
    count = part->request.segment_count;
    for (unsigned i = 0; i < count; i++)
        frames[i] = segments[i].machine >> PV_PAGE_SHIFT;
    pages = pv_map_frames(DOMID_SELF, frames, count, true, NULL);
    if (!pages)
        return -ENOMEM;
    for (unsigned i = 0; i < count; i++)
        memset(pages + i * PV_PAGE_SIZE + segments[i].machine % PV_PAGE_SIZE, 0, segments[i].bytes);
    pv_unmap(pages, count);
    return 0;
}

static int transfer(struct image *im, struct part *part, const struct block_request *r)
{
    struct piece p;
    int rc = 0;

    for (uint64_t done = 0; rc == 0 && done < r->sectors; done += p.sectors) {
        rc = look_up(im, r->sector + done, &p);
        if (rc < 0)
            break;
        if (p.sectors > r->sectors - done)
            p.sectors = r->sectors - done;
        if (rc == 0 && r->operation == BLOCK_WRITE) {
            rc = give_room(im, r->sector + done, p.sectors);
            p.sectors = 0;      /* looked up again */
        } else if (rc == 0) {
            rc = zero_part(r, done, p.sectors, part);
        } else {
            rc = do_part(im, part, r, done, &p);
        }
    }
    return rc;
}

static int flush(struct image *im)
{
    bool grown = im->grown;
    int rc;

    im->grown = false;
    rc = grown ? pv_ext4_sync(im->mount->at) : 0;
    im->grown |= rc != 0;
    return rc ? rc : block_flush(im->below);
}

/* Who gets these blocks next must not meet a request that was on its way to them. */
static int discard(struct image *im, const struct block_request *r)
{
    bool on = pv_upcalls_disable();
    uint64_t at = 0, part;
    int rc = 0;

    im->holding = true;
    forget(im, r->sector, r->sectors);
    pv_upcalls_restore(on);
    pv_wait_event(&im->work, im->passed == 0);
    for (; rc == 0 && at < r->sectors && !r->hurry; at += part) {
        rc = pv_ext4_discard(im->fd, r->sector + at, r->sectors - at, &part);
        pv_yield();
    }
    im->holding = false;
    return rc;
}

static int serve_one(struct image *im, struct part *part, const struct block_request *r)
{
    switch (r->operation) {
    case BLOCK_FLUSH:
        return flush(im);
    case BLOCK_DISCARD:
        return discard(im, r);
    default:
        return part ? transfer(im, part, r) : -ENOMEM;
    }
}

static void serve(void *arg)
{
    struct image *im = arg;
    struct part *part = calloc(1, sizeof(*part));

    for (;;) {
        struct block_request *r;
        bool on;
        int rc;

        while (!im->waiting && !im->stop)
            pv_wait(&im->work, UINT64_MAX);
        if (!im->waiting)
            break;
        on = pv_upcalls_disable();
        r = im->waiting;
        im->waiting = r->next;
        if (!r->next)
            im->waiting_end = &im->waiting;
        pv_upcalls_restore(on);
        rc = serve_one(im, part, r);
        im->block.statistics.errors += rc != 0;
        on = pv_upcalls_disable();
        r->done(r, rc ? -EIO : 0);
        pv_upcalls_restore(on);
    }
    free(part);
    im->stopped = true;
    pv_wake(&im->work);
}

/* ---- the device ---- */

static void passed_done(struct block_request *r, int error)
{
    struct image *im = r->arg;

    im->passed--;
    if (im->holding)
        pv_wake(&im->work);
    r->done = r->above;
    r->arg = r->above_arg;
    r->done(r, error);
}

static void pass_on(struct image *im, struct block_request *r, uint64_t below)
{
    r->above = r->done;
    r->above_arg = r->arg;
    r->done = passed_done;
    r->arg = im;
    r->sector = below;
    im->passed++;
    if (block_submit(im->below, r))
        passed_done(r, -EIO);
}

/* Upcalls are off. What is simple goes on at once. */
static void start(struct block_device *d, struct block_request *r)
{
    struct image *im = image_of(d);
    bool moves = r->operation == BLOCK_READ || r->operation == BLOCK_WRITE;
    struct piece p;

    if (moves && !im->holding && known(im, r->sector, &p) && p.sectors >= r->sectors) {
        pass_on(im, r, p.below);
        return;
    }
    *im->waiting_end = r;
    im->waiting_end = &r->next;
    pv_wake(&im->work);
}

static const struct storage_mount *mount_of(const struct pv_disk *disk)
{
    const struct storage_mount *m;

    for (size_t i = 0; (m = storage_mount_at(i)) != NULL; i++)
        if (&m->disk == disk)
            return m;
    return NULL;
}

static int set_up(struct image *im, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    if (fstat(im->fd, &st))
        return -errno;
    im->below = im->mount->device;
    if (st.st_size == 0 || st.st_size % (BLOCK_SECTOR * im->below->granularity))
        return -EFBIG;
    snprintf(im->block.name, sizeof(im->block.name), "%.15s", slash + 1);
    im->block.sectors = (uint64_t)st.st_size / BLOCK_SECTOR;
    im->block.granularity = im->below->granularity;
    im->block.read_only = !im->writable;
    im->block.can_flush = true;
    im->block.can_discard = im->writable;
    im->block.discard_granularity = pv_ext4_block(im->fd) / BLOCK_SECTOR;
    im->block.start = start;
    im->block.close = image_close;
    im->waiting_end = &im->waiting;
    return pv_thread_create("image", STACK_BYTES, serve, im) ? 0 : -ENOMEM;
}

int image_open(const char *path, bool writable, struct block_device **out)
{
    struct image *im = calloc(1, sizeof(*im));
    struct pv_disk *disk = NULL;
    int rc;

    if (!im)
        return -ENOMEM;
    im->writable = writable;
    im->fd = open(path, O_RDONLY);
    rc = im->fd < 0 ? -errno : pv_ext4_claim(im->fd, writable, &disk);
    if (rc == 0) {
        im->mount = mount_of(disk);
        rc = im->mount ? set_up(im, path) : -EINVAL;
        if (rc)
            pv_ext4_release(im->fd, writable);
    }
    if (rc) {
        if (im->fd >= 0)
            close(im->fd);
        free(im);
        return rc;
    }
    *out = &im->block;
    return 0;
}

/* What was given room stays the file's: the commit of the file system comes by itself. */
void image_close(struct block_device *d)
{
    struct image *im = image_of(d);

    im->stop = true;
    pv_wake(&im->work);
    pv_wait_event(&im->work, im->stopped);
    pv_ext4_release(im->fd, im->writable);
    close(im->fd);
    free(im);
}
