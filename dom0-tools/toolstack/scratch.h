/* The toolstack's working memory: small blocks from the heap, large ones taken from the hypervisor for as
 * long as they are needed, so that the control domain itself stays small. */
#ifndef ENSO_TOOLSTACK_SCRATCH_H
#define ENSO_TOOLSTACK_SCRATCH_H

#include <stddef.h>

#include "image.h"

/* Not zeroed; NULL without memory. Release with the same size. */
void *toolstack_alloc(size_t bytes);
void toolstack_release(void *p, size_t bytes);

/* The same for the image loader, with pv_yield(). */
extern const struct image_ops toolstack_image_ops;

#endif
