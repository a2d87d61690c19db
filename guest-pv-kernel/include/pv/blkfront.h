/*
 * A domain's disks, over the block protocol of Xen (io/blkif.h). Requests of any length are answered by a
 * callback, or one waits (pv_blkfront_disk()). When the backend goes away and comes back, what it has not
 * answered is sent anew, in order; the callers notice a pause. Threads only. Errors are negative newlib
 * numbers.
 */
#ifndef PV_BLKFRONT_H
#define PV_BLKFRONT_H

#include <pv/disk.h>

struct pv_blkfront;

/* Opens a disk by its number ("51712": device/vbd/51712) or its name ("xvda"), and waits until it is
 * connected, at most until deadline_ns. -ENOENT the domain has no such disk; -ETIMEDOUT; -ENODEV the backend
 * has closed it; -EBUSY it is open already. */
int pv_blkfront_open(const char *name, uint64_t deadline_ns, struct pv_blkfront **disk);

/* Waits for what is under way, then lets go of the backend and of all memory. No request may be submitted
 * meanwhile. Not from `done`. */
void pv_blkfront_close(struct pv_blkfront *disk);

enum pv_blk_operation { PV_BLK_READ, PV_BLK_WRITE, PV_BLK_FLUSH, PV_BLK_DISCARD };

/* One request: the caller's until `done`, which is called once, in the frontend's thread, and may submit
 * (also this one). Requests may be done in any order; a flush covers the writes that were done before it
 * was submitted. */
struct pv_blk_request {
    enum pv_blk_operation operation;
    uint64_t sector, sectors;   /* of 512 bytes; a flush has none */
    void *buf;                  /* sectors * 512 bytes of mapped memory; aligned to 512, or it is copied */
    void (*done)(struct pv_blk_request *r, int error);  /* 0; -EIO; -ENOTSUP; -ENODEV the disk is gone */
    void *arg;

    /* From here on the frontend's. */
    struct pv_blk_request *next;
    uint64_t issued;            /* sectors that are in parts */
    unsigned parts;             /* that are not answered */
    int error;                  /* the first */
};

/* Never waits: what the ring has no room for is kept in order. 0: `done` will be called. -EINVAL not within
 * the disk, or not whole blocks of it; -EROFS; -ENOTSUP the backend has no such operation; -ENODEV the disk
 * is gone. */
int pv_blkfront_submit(struct pv_blkfront *disk, struct pv_blk_request *r);

/* The simple way: as a pv_disk, whose calls wait. It lives as long as the frontend; its size follows the
 * backend's. Its flush() says 0 where the backend has no cache to flush. */
struct pv_disk *pv_blkfront_disk(struct pv_blkfront *disk);

/* What has happened so far. */
struct pv_blkfront_statistics {
    uint64_t requests;          /* that went into the ring, those sent anew included */
    uint64_t notifications;     /* sent to the backend */
    uint64_t connections;       /* 1, and 1 for each time that the backend came back */
    unsigned ring_slots, segments;      /* now: of the ring; of a request at the most */
};
void pv_blkfront_statistics(const struct pv_blkfront *disk, struct pv_blkfront_statistics *statistics);

#endif
