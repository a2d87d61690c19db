/* image.h: files on mounted file systems as disks: a block device of block.h that
 * sends requests on to the disk below. */
#ifndef ENSO_STORAGE_IMAGE_H
#define ENSO_STORAGE_IMAGE_H

#include <stdbool.h>

struct block_device;

/* Whether a target of a disk names a file rather than a device: an absolute path that is not below /dev. */
bool image_is_path(const char *target);

/* Opens and claims a file. The device is not in the list of block.h; image_close() ends it, when no
 * request is under way. 0; -ENOENT, -EISDIR; -EINVAL not a file of a mounted file system; -EFBIG its size
 * is not a multiple of sectors, or 0;
 * -EBUSY somebody writes it, or it is to be written and somebody has it; -EROFS; -ENOMEM. Threads only. */
int image_open(const char *path, bool writable, struct block_device **out);
void image_close(struct block_device *d);

#endif
