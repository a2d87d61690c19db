/* pv/blkfront.h: a domain's disks. Requests are answered by a callback, or one waits. The frontend replays what was not answered when the
 * backend goes away and comes back. Threads only. Errors are negative newlib numbers. */
#ifndef PV_BLKFRONT_H
#define PV_BLKFRONT_H

#include <pv/disk.h>

struct pv_blkfront;

/* Opens a disk by its number ("51712": device/vbd/NUMBER) or its name ("xvda"); waits until it is connected, at most until deadline_ns. */
int pv_blkfront_open(const char *name, uint64_t deadline_ns, struct pv_blkfront **disk);
void pv_blkfront_close(struct pv_blkfront *disk);

enum pv_blk_operation { PV_BLK_READ, PV_BLK_WRITE, PV_BLK_FLUSH, PV_BLK_DISCARD };

/* One request: the caller's until `done`, which is called once, in the frontend's thread. */
struct pv_blk_request {
    enum pv_blk_operation operation;
    uint64_t sector, sectors;
    void *buf;                  /* sectors * 512 bytes, 512-aligned */
    void (*done)(struct pv_blk_request *r, int error);
    void *arg;
    /* the frontend's */
    struct pv_blk_request *next;
    unsigned parts, failed;
};

/* 0: done will be called. -EINVAL outside of the disk; -EROFS; -ENOTSUP the backend has no such operation. Waits for room in the ring. */
int pv_blkfront_submit(struct pv_blkfront *disk, struct pv_blk_request *r);

/* The simple way: as a pv_disk, whose calls wait. */
struct pv_disk *pv_blkfront_disk(struct pv_blkfront *disk);

#endif
