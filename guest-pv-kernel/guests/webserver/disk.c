/* disk.c: the disk with the files, if there is one. */
#include "webserver.h"

#include <errno.h>
#include <pv/blkfront.h>
#include <pv/error.h>
#include <pv/ext4.h>
#include <pv/time.h>
#include <stdio.h>

#define WAIT_NS (30 * PV_NS_PER_SEC)

int disk_mount(const char *name, const char *at)
{
    struct pv_blkfront *front;
    int rc = pv_blkfront_open(name, pv_now_ns() + WAIT_NS, &front);

    if (rc == -ENOENT)
        return rc;
    if (rc != 0) {
        printf("webserver: disk %s: %s\n", name, pv_errno_name(rc));
        return rc;
    }
    rc = pv_ext4_mount(at, pv_blkfront_disk(front), false);
    if (rc != 0) {
        printf("webserver: disk %s: %s\n", name, pv_ext4_problem() ? pv_ext4_problem() : pv_errno_name(rc));
        pv_blkfront_close(front);
    }
    return rc;
}
