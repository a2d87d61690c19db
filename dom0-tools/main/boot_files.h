/* boot_files.h: files of the boot archive for the toolstack and for the boot script. Threads only. */
#ifndef ENSO_MAIN_BOOT_FILES_H
#define ENSO_MAIN_BOOT_FILES_H

#include <stddef.h>

/* The whole file as bytes in memory, read-only. A relative path begins at the root. A file of the boot
 * archive is used in place; another one is read into memory, up to 1 GiB. 0; -EISDIR; -ENOMEM; -EFBIG;
 * what open() and read() answer. */
int boot_file_map(const char *path, const void **bytes, size_t *length);

/* Once for each successful boot_file_map, with its values. */
void boot_file_unmap(const void *bytes, size_t length);

#endif
