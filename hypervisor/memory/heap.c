/* The buddy allocator. Free blocks are linked through the frame table; the order of a free block is kept
 * in the type word of its first frame, which means nothing else while the frame is free. */
#include "lib/lib.h"
#include "lib/lock.h"
#include "memory/frame.h"
#include "memory/heap.h"

static spinlock_t heap_lock = SPINLOCK_INIT(RANK_HEAP);
static uint32_t free_head[HEAP_MAX_ORDER + 1] = { [0 ... HEAP_MAX_ORDER] = FRAME_LIST_END };
static uint64_t free_frames;

#define LOW_LIMIT (1UL << (32 - PAGE_SHIFT))

static bool is_free_block(uint64_t n, unsigned int order)
{
    return n < frame_limit && (frame_table[n].ref & REF_FLAG_FREE) && frame_table[n].type == order;
}

static void block_push(uint64_t n, unsigned int order)
{
    struct frame *f = &frame_table[n];

    f->ref = REF_FLAG_FREE;
    f->type = order;
    f->prev = FRAME_LIST_END;
    f->next = free_head[order];
    if (f->next != FRAME_LIST_END)
        frame_table[f->next].prev = (uint32_t)n;
    free_head[order] = (uint32_t)n;
}

static void block_unlink(uint64_t n, unsigned int order)
{
    struct frame *f = &frame_table[n];

    if (f->next != FRAME_LIST_END)
        frame_table[f->next].prev = f->prev;
    if (f->prev != FRAME_LIST_END)
        frame_table[f->prev].next = f->next;
    else
        free_head[order] = f->next;
    f->ref = 0;
    f->type = 0;
}

/* A block of the order, or of the smallest larger order; with `low` only blocks below 4 GiB count. */
static bool block_find(unsigned int order, bool low, uint64_t *found, unsigned int *found_order)
{
    for (unsigned int o = order; o <= HEAP_MAX_ORDER; o++) {
        for (uint32_t n = free_head[o]; n != FRAME_LIST_END; n = frame_table[n].next) {
            if (!low || n < LOW_LIMIT) {
                *found = n;
                *found_order = o;
                return true;
            }
        }
    }
    return false;
}

mfn_t heap_alloc(unsigned int order, bool low)
{
    uint64_t n;
    unsigned int o;

    if (order > HEAP_MAX_ORDER)
        return MFN_NONE;
    spin_lock(&heap_lock);
    if (!block_find(order, low, &n, &o)) {
        spin_unlock(&heap_lock);
        return MFN_NONE;
    }
    block_unlink(n, o);
    while (o > order) {
        o--;
        block_push(n + (1UL << o), o);
    }
    free_frames -= 1UL << order;
    spin_unlock(&heap_lock);
    return mfn(n);
}

void heap_free(mfn_t m, unsigned int order)
{
    uint64_t n = m.n;

    spin_lock(&heap_lock);
    BUG_ON(frame_table[n].ref & REF_FLAG_FREE);
    free_frames += 1UL << order;
    while (order < HEAP_MAX_ORDER && is_free_block(n ^ (1UL << order), order)) {
        block_unlink(n ^ (1UL << order), order);
        n &= ~(1UL << order);
        order++;
    }
    block_push(n, order);
    spin_unlock(&heap_lock);
}

uint64_t heap_free_frames(void)
{
    return free_frames;
}

void *heap_alloc_zeroed(size_t bytes)
{
    uint64_t frames = DIV_ROUND_UP(bytes, PAGE_SIZE);
    unsigned int order = 0;
    mfn_t m;

    if (frames == 0)
        return NULL;
    while ((1UL << order) < frames)
        order++;
    m = heap_alloc(order, false);
    if (mfn_eq(m, MFN_NONE))
        return NULL;
    for (uint64_t i = frames; i < (1UL << order); i++)
        heap_free(mfn_add(m, i), 0);
    memset(frame_virt(m), 0, frames * PAGE_SIZE);
    return frame_virt(m);
}

void heap_free_bytes(void *p, size_t bytes)
{
    if (!p)
        return;
    for (uint64_t i = 0; i < DIV_ROUND_UP(bytes, PAGE_SIZE); i++)
        heap_free(mfn_add(virt_mfn(p), i), 0);
}
