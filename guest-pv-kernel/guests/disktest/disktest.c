/* disktest.c: writes a pattern to a disk and checks it, with as many requests at once and as large as it is
 * told. Every sector of the area is used once in a pass, in whatever order. */
#include "disktest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/blkfront.h>
#include <pv/error.h>
#include <pv/memory.h>
#include <pv/sched.h>
#include <pv/thread.h>
#include <pv/time.h>

#define OPEN_NS (20 * PV_NS_PER_SEC)

static struct options options;
static struct pv_blkfront *front;
static struct pv_disk *disk;
static uint64_t seed;                   /* of this pass */
static volatile bool asked_to_stop;
static struct pv_waitq asked = PV_WAITQ_INIT;

static uint64_t requests, flushes, errors, wrong, bytes_written, bytes_read;

/* ---- requests under way ---- */

struct job {
    struct pv_blk_request request;
    char *buf;
    bool busy, compare;
};

static struct job jobs[DEPTH_MAX];
static unsigned under_way;
static struct pv_waitq queue = PV_WAITQ_INIT;

static void compare(const struct pv_blk_request *r)
{
    uint64_t bad = pattern_check(r->buf, seed, r->sector, r->sectors);

    if (bad == r->sectors)
        return;
    if (wrong++ < 10)
        printf("disktest: sector %" PRIu64 " is not as it was written (read with %" PRIu64 " from %" PRIu64
               ")\n", r->sector + bad, r->sectors, r->sector);
}

static void count_error(const char *what, uint64_t sector, int error)
{
    if (errors++ < 10)
        printf("disktest: %s at sector %" PRIu64 ": %s\n", what, sector, pv_errno_name(error));
}

static void on_done(struct pv_blk_request *r, int error)
{
    static const char *const names[] = { "read", "write", "flush", "discard" };
    struct job *j = r->arg;

    if (error)
        count_error(names[r->operation], r->sector, error);
    else if (j->compare)
        compare(r);
    if (!error && r->operation == PV_BLK_WRITE)
        bytes_written += r->sectors * SECTOR;
    if (!error && r->operation == PV_BLK_READ)
        bytes_read += r->sectors * SECTOR;
    j->busy = false;
    under_way--;
    pv_wake(&queue);
}

static struct job *free_job(void)
{
    for (unsigned i = 0; i < options.depth; i++)
        if (!jobs[i].busy)
            return &jobs[i];
    return NULL;
}

static void submit(enum pv_blk_operation operation, uint64_t sector, uint64_t sectors, bool check)
{
    struct job *j;
    int rc;

    while (!(j = free_job()))
        pv_wait(&queue, UINT64_MAX);
    j->request = (struct pv_blk_request){ .operation = operation, .sector = sector, .sectors = sectors,
                                          .buf = j->buf, .done = on_done, .arg = j };
    j->compare = check;
    if (operation == PV_BLK_WRITE)
        pattern_fill(j->buf, seed, sector, sectors);
    else if (check)
        memset(j->buf, 0x5a, sectors * SECTOR);
    j->busy = true;
    under_way++;
    requests++;
    rc = pv_blkfront_submit(front, &j->request);
    if (rc)
        on_done(&j->request, rc);
}

static void drain(void)
{
    while (under_way)
        pv_wait(&queue, UINT64_MAX);
}

/* All that was written so far is durable after this. */
static void flush(uint64_t so_far)
{
    int rc;

    drain();
    rc = disk->flush(disk);
    flushes++;
    if (rc)
        count_error("flush", 0, rc);
    else if (options.tell)
        printf("disktest: flushed %" PRIu64 " bytes\n", so_far);
}

/* ---- the order of things ---- */

/* The area falls into stretches of the largest request; these are taken in order or by a full cycle modulo a
 * power of two, and each is cut into requests. */
struct walk {
    uint64_t stretches, bits, at, left;
};

static void walk_begin(struct walk *w)
{
    w->stretches = (options.size + options.request_max - 1) / options.request_max;
    for (w->bits = 1; w->bits < w->stretches; w->bits <<= 1)
        ;
    w->at = mix(seed) & (w->bits - 1);
    w->left = w->bits;
}

static uint64_t walk_next(struct walk *w)
{
    uint64_t at;

    if (!options.random)
        return w->left > w->bits - w->stretches ? w->bits - w->left-- : UINT64_MAX;
    while (w->left) {
        at = w->at;
        w->at = (w->at * 5 + (mix(seed) | 1)) & (w->bits - 1);
        w->left--;
        if (at < w->stretches)
            return at;
    }
    return UINT64_MAX;
}

/* The size of the next request in a stretch of which `rest` bytes are left. */
static uint64_t cut(uint64_t position, uint64_t rest)
{
    uint64_t choices = (options.request_max - options.request_min) / SECTOR + 1;
    uint64_t bytes = options.request_min + mix(seed ^ position) % choices * SECTOR;

    return bytes < rest ? bytes : rest;
}

static void run(enum pv_blk_operation operation, bool check)
{
    uint64_t stretch, so_far = 0, since_flush = 0;
    struct walk w;

    walk_begin(&w);
    while (!errors && (stretch = walk_next(&w)) != UINT64_MAX) {
        uint64_t at = stretch * options.request_max, end = at + options.request_max;

        end = end < options.size ? end : options.size;
        while (at < end) {
            uint64_t bytes = cut(at, end - at);

            submit(operation, (options.first + at) / SECTOR, bytes / SECTOR, check);
            at += bytes;
            so_far += bytes;
            if (operation == PV_BLK_WRITE && options.flush && ++since_flush == options.flush) {
                flush(so_far);
                since_flush = 0;
            }
        }
    }
    drain();
    if (operation == PV_BLK_WRITE)
        flush(so_far);
}

static void pass(void)
{
    if (options.write)
        run(PV_BLK_WRITE, false);
    if (options.verify)
        run(PV_BLK_READ, true);
    else if (options.read)
        run(PV_BLK_READ, false);
}

/* ---- before and after ---- */

static void on_request(const char *request)
{
    (void)request;
    asked_to_stop = true;
    pv_wake(&asked);
}

static bool make_buffers(void)
{
    for (unsigned i = 0; i < options.depth; i++) {
        char *pages = pv_pages_alloc((options.request_max + options.skew + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE);

        if (!pages) {
            printf("disktest: no memory for %" PRIu64 " requests of %" PRIu64 " bytes\n", options.depth,
                   options.request_max);
            return false;
        }
        jobs[i].buf = pages + options.skew;
    }
    return true;
}

static bool open_disk(void)
{
    int rc = pv_blkfront_open(options.disk, pv_now_ns() + OPEN_NS, &front);
    uint64_t bytes;

    if (rc) {
        printf("disktest: %s: %s\n", options.disk, pv_errno_name(rc));
        return false;
    }
    disk = pv_blkfront_disk(front);
    bytes = disk->sectors * SECTOR;
    if (options.first >= bytes || options.size > bytes - options.first) {
        printf("disktest: %s has only %" PRIu64 " bytes\n", options.disk, bytes);
        return false;
    }
    if (options.size == 0)
        options.size = bytes - options.first;
    printf("disktest: %s: %" PRIu64 " bytes%s, blocks of %u\n", options.disk, bytes,
           disk->read_only ? ", read-only" : "", disk->granularity * SECTOR);
    return true;
}

static void print_summary(uint64_t passes, uint64_t ns)
{
    struct pv_blkfront_statistics s;

    pv_blkfront_statistics(front, &s);
    printf("disktest: %s: %s: %" PRIu64 " passes, %" PRIu64 " bytes written, %" PRIu64 " read, %" PRIu64
           " requests (%" PRIu64 " in the ring, %" PRIu64 " notified), %" PRIu64 " flushes, %" PRIu64
           " connections, %" PRIu64 " errors, %" PRIu64 " wrong, %" PRIu64 " ms\n",
           options.disk, errors || wrong ? "FAILED" : "ok", passes, bytes_written, bytes_read, requests,
           s.requests, s.notifications, flushes, s.connections, errors, wrong, ns / PV_NS_PER_MS);
}

int main(int argc, char **argv)
{
    uint64_t passes = 0, begin;

    if (!options_read(&options, argc, argv))
        return 2;
    pv_shutdown_watch(on_request);
    if (!open_disk() || !make_buffers())
        return 2;
    begin = pv_now_ns();
    while (!errors && !wrong && !asked_to_stop && (options.passes == 0 || passes < options.passes)) {
        seed = options.seed + passes;
        pass();
        passes++;
    }
    print_summary(passes, pv_now_ns() - begin);
    if (options.stay)
        pv_wait_event(&asked, asked_to_stop);
    pv_blkfront_close(front);
    return errors || wrong;
}
