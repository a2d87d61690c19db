/* The frame table: who owns each machine frame, how often it is referred to, and as what.
 *
 * Every RAM frame has a struct frame of 24 bytes at FRAMES_VIRT. Two atomic words carry the safety of the
 * system:
 *
 * ref    owner domid (16 bits) | flags (16) | reference count (32) type   type (3 bits) | validated |
 * pinned | type count (32)
 *
 * Invariants: - a frame is never writable by a guest while its type is a page table or a descriptor page; -
 * each reference "as a type" is also a plain reference; - a frame changes its owner only at reference count
 * 0; - a type other than FRAME_NONE and FRAME_WRITABLE that is `validated` keeps references to what it
 * contains, also at type count 0 ("idle": the frame is then on its owner's idle list), until it is retyped,
 * freed, or its owner dies.
 *
 * Plain and writable references come and go by compare-and-swap. All other type changes happen under the
 * owner's mmu_lock. A change away from any type but FRAME_NONE flushes the TLBs that may hold a
 * translation, synchronously. */
#ifndef ENSO_MEMORY_FRAME_H
#define ENSO_MEMORY_FRAME_H

#include <xen/errno.h>
#include <xen/xen.h>
#include "boot/memory-map.h"
#include "lib/lib.h"
#include "lib/types.h"

struct domain;

enum frame_type {
    FRAME_NONE,
    FRAME_L1,        /* FRAME_L1 + level - 1 is the type of a table of that level */
    FRAME_L2,
    FRAME_L3,
    FRAME_L4,
    FRAME_SEGDESC,   /* descriptors of a GDT or LDT */
    FRAME_WRITABLE,  /* writable by its owner (or who it was granted to) */
};

struct frame {
    _Atomic uint64_t ref;
    _Atomic uint64_t type;
    uint32_t next, prev;     /* mfns; of the heap's list, or one of the owner's two, guarded by its lock */
};
_Static_assert(sizeof(struct frame) == 24, "the frame table costs 24 bytes a frame");

#define FRAME_LIST_END UINT32_MAX

/* ref word */
#define REF_COUNT_MASK    0x00000000ffffffffUL
#define REF_COUNT_LIMIT   0x0000000070000000UL  /* taking a reference above this fails */
#define REF_FLAG_OWNED    (1UL << 32)           /* allocated to its owner: accounts for one reference */
#define REF_FLAG_SPECIAL  (1UL << 33)           /* shared_info, grant frames: on no list, never retyped */
#define REF_FLAG_FREE     (1UL << 34)           /* on the heap's free lists */
#define REF_FLAG_SHARED   (1UL << 35)           /* another domain has mapped it: any CPU may remember it */
#define REF_OWNER_SHIFT   48
/* type word */
#define TYPE_COUNT_MASK   0x00000000ffffffffUL
#define TYPE_COUNT_LIMIT  0x0000000070000000UL
#define TYPE_VALIDATED    (1UL << 32)
#define TYPE_PINNED       (1UL << 33)
#define TYPE_IDLE         (1UL << 34)           /* on the owner's idle list; written under frames_lock */
#define TYPE_SHIFT        60

#define frame_table ((struct frame *)FRAMES_VIRT)

/* One above the highest RAM frame. Constant after boot. */
extern uint64_t frame_limit;
/* Frames that are RAM and not the hypervisor's image; constant after boot. */
extern uint64_t frame_total;

static inline struct frame *frame_of(mfn_t m) { return &frame_table[m.n]; }
static inline mfn_t frame_mfn(const struct frame *f) { return mfn((uint64_t)(f - frame_table)); }
/* Memory through the direct map. */
static inline void *frame_virt(mfn_t m) { return (void *)(DIRECT_VIRT + (m.n << PAGE_SHIFT)); }
static inline mfn_t virt_mfn(const void *p)
{
    return mfn(((uint64_t)(uintptr_t)p - DIRECT_VIRT) >> PAGE_SHIFT);
}
static inline uint64_t virt_phys(const void *p) { return (uint64_t)(uintptr_t)p - DIRECT_VIRT; }
static inline void *phys_virt(uint64_t pa) { return (void *)(DIRECT_VIRT + pa); }

static inline domid_t ref_owner(uint64_t ref) { return (domid_t)(ref >> REF_OWNER_SHIFT); }
static inline enum frame_type type_of(uint64_t type) { return (enum frame_type)(type >> TYPE_SHIFT); }
static inline uint64_t type_word(enum frame_type t, uint64_t flags_and_count)
{
    return ((uint64_t)t << TYPE_SHIFT) | flags_and_count;
}
static inline bool type_is_table(enum frame_type t) { return t >= FRAME_L1 && t <= FRAME_L4; }

/* NULL if the number is not that of a RAM frame that guests may own. The one way from a guest's number to a
 * frame. */
static inline struct frame *frame_lookup(uint64_t n)
{
    return likely(n < frame_limit) ? &frame_table[index_nospec(n, frame_limit)] : NULL;
}

/* Takes a plain reference if the frame is owned by `owner`. False: not RAM, other owner, free, or count at
 * its limit. */
static inline must_check bool frame_get(uint64_t n, domid_t owner)
{
    struct frame *f = frame_lookup(n);
    uint64_t ref;

    if (unlikely(!f))
        return false;
    ref = f->ref;
    do {
        uint64_t count = ref & REF_COUNT_MASK;

        if (unlikely(count == 0 || count >= REF_COUNT_LIMIT || ref_owner(ref) != owner))
            return false;
    } while (unlikely(!atomic_compare_exchange_weak(&f->ref, &ref, ref + 1)));
    return true;
}

/* Drops a plain reference. The last one puts the frame on this CPU's release list (frames_release). */
void frame_last_put(struct frame *f, uint64_t old_ref) cold;
static inline void frame_put(mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t old = atomic_fetch_sub(&f->ref, 1);

    if (unlikely((old & REF_COUNT_MASK) <= 1))
        frame_last_put(f, old);
}

/* Takes a type reference to a frame to which the caller holds a plain reference (the type reference does
 * not take one of its own: get both, put both: frame_put_type then frame_put). 0; -EINVAL used as another
 * type; contents refused: -EINVAL, -EPERM, -EBUSY; -ERESTART out of time, nothing changed: retry. Types
 * other than writable need the owner's mmu_lock held. */
long frame_get_type(mfn_t m, enum frame_type type) must_check;
/* Writable, only if that needs no retyping of a table (so no lock): -EINVAL otherwise. */
static inline must_check long frame_get_writable_plain(mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t word = f->type, more;

    do {
        if (unlikely(type_of(word) != FRAME_WRITABLE && type_of(word) != FRAME_NONE))
            return refuse(-XEN_EBUSY, "frame %lx is a page table or descriptor page", m.n);
        if (unlikely((word & TYPE_COUNT_MASK) >= TYPE_COUNT_LIMIT))
            return refuse(-XEN_EINVAL, "frame %lx: too many writers", m.n);
        more = type_word(FRAME_WRITABLE, (word & TYPE_COUNT_MASK) + 1);
    } while (unlikely(!atomic_compare_exchange_weak(&f->type, &word, more)));
    return 0;
}

/* Writable only, by compare-and-swap where the frame is writable or none already; falls back to retyping an
 * idle table, for which it needs the owner's mmu_lock: `locked` says that the caller holds it; if not, it
 * is taken. */
long frame_make_writable(mfn_t m, bool locked) must_check;
static inline must_check long frame_get_writable(mfn_t m, bool locked)
{
    enum frame_type t = type_of(frame_of(m)->type);

    if (likely(t == FRAME_WRITABLE || t == FRAME_NONE))
        return frame_get_writable_plain(m);
    return frame_make_writable(m, locked);
}

/* Never devalidates: a table whose last type reference goes becomes idle. */
void frame_last_put_type(struct frame *f, uint64_t old_type);
static inline void frame_put_type(mfn_t m)
{
    struct frame *f = frame_of(m);
    uint64_t old = atomic_fetch_sub(&f->type, 1);

    if (unlikely((old & TYPE_COUNT_MASK) <= 1 && (old & (TYPE_VALIDATED | TYPE_COUNT_MASK)) != 1))
        frame_last_put_type(f, old);
}

void frame_put_both(mfn_t m);

/* The release list: frames whose last reference has gone since this entry into the hypervisor. Flushes
 * every CPU that runs a guest, then gives them back to the heap. Called before anything returns to a guest,
 * and when a batch is full. */
void frames_release(void);

/* By the firmware's memory map. A guest device is what is neither RAM nor a device that the hypervisor
 * itself drives. */
bool mfn_is_ram(uint64_t n);
bool mfn_is_guest_device(uint64_t n);
/* The level-1 entry of an address in the hypervisor's own 4 KiB mappings (windows). Panics if there is
 * none. */
uint64_t *hypervisor_pte(uint64_t va);

/* frame_init: makes the frame table out of the boot memory map (boot/boot-info.h); from here frames can be
 * allocated. */
struct boot_info;
void frame_init(const struct boot_info *info);

#endif
