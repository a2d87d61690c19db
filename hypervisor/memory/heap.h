/* Free frames: a buddy allocator over the frame table. Contents of free frames are stale; whoever hands
 * one to a domain clears it (memory/reservation.c), and heap_alloc_zeroed clears what the hypervisor
 * keeps. Lock: heap_lock (RANK_HEAP). */
#ifndef ENSO_MEMORY_HEAP_H
#define ENSO_MEMORY_HEAP_H

#include "lib/types.h"

#define HEAP_MAX_ORDER 18   /* 1 GiB */

/* 2^order contiguous frames, below 4 GiB if `low`. MFN_NONE when there are
 * none. Not cleared, no owner, count 0. */
mfn_t heap_alloc(unsigned int order, bool low);
void heap_free(mfn_t m, unsigned int order);
uint64_t heap_free_frames(void);

/* Hypervisor memory through the direct map, zeroed; NULL when there is none. Sizes are rounded up to whole
 * frames (not to a power of two: the tail is given back), so structures of several KiB cost what they are. */
void *heap_alloc_zeroed(size_t bytes);
void heap_free_bytes(void *p, size_t bytes);

#endif
