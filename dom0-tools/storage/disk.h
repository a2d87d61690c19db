/* disk.h: a block device of the host as the kit's file systems see one. */
#ifndef ENSO_STORAGE_DISK_H
#define ENSO_STORAGE_DISK_H

#include "storage.h"

/* Fills in m->disk for m->device; m->bounce is there already. */
void storage_disk_init(struct storage_mount *m);

#endif
