/* Unpacked kernels, kept so that the second domain of a kind starts without unpacking. Bounded; what nobody
 * is building from is dropped as soon as a domain needs the memory. A kernel is the same one when path, size
 * and digest of the packed file are. */
#ifndef ENSO_TOOLSTACK_KERNEL_CACHE_H
#define ENSO_TOOLSTACK_KERNEL_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define KERNEL_CACHE_BYTES (192u << 20) /* all unpacked kernels together */

struct kernel;

/* The kernel in bytes[0..len), unpacked; the caller keeps the bytes readable until kernel_put(). Errors are
 * those of image_load(). limit bounds a fresh unpacking only. */
int kernel_get(const char *path, const void *bytes, size_t len, uint64_t limit, struct kernel **kernel,
               struct toolstack_error *err);
const struct image *kernel_image(const struct kernel *kernel);
void kernel_put(struct kernel *kernel);

/* Drops what nobody uses; returns the bytes given back to the hypervisor. */
uint64_t kernel_cache_drop(void);
uint64_t kernel_cache_bytes(void);

#endif
