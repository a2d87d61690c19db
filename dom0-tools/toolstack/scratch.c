/* See scratch.h. */
#include <stdlib.h>

#include <pv/memory.h>
#include <pv/thread.h>

#include "scratch.h"

#define REGION_FROM (256u << 10) /* bytes: from here on a region pays for its hypercalls */

void *toolstack_alloc(size_t bytes)
{
    return bytes < REGION_FROM ? malloc(bytes) : pv_region_alloc(bytes);
}

void toolstack_release(void *p, size_t bytes)
{
    if (bytes < REGION_FROM)
        free(p);
    else
        pv_region_free(p, bytes);
}

const struct image_ops toolstack_image_ops = { toolstack_alloc, toolstack_release, pv_yield };
