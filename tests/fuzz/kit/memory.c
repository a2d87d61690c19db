/* memory.c: the peer's pages and grants, our memory that others can reach, and the moments at which the
 * peer acts. The peer's pages are one shared file, so that a page can be mapped by the program wherever it
 * likes while the peer sees what happens to it; where nothing is mapped any access is a fault. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pv/grant.h>
#include <pv/memory.h>

#include "kit.h"

#define WINDOW_PAGES 256u               /* where grants are mapped */
#define REGIONS      320u
#define ARENA_PAGES  1024u
#define PLANS        16u
#define OURS         256u               /* grants that we give to the peer */
#define OURS_FIRST   8u
#define SECRET       UINT64_C(0x5ec7e15ec7e15ec7)       /* what our fresh memory holds */

#define UNSEEN __attribute__((no_sanitize("coverage")))

uint8_t (*kit_peer)[KIT_PAGE];
static uint8_t *window;
static uint8_t *lasting;                /* more of our memory, which stays from input to input */
static size_t lasting_bytes;
static uint8_t *shared;
static size_t shared_bytes;
static uint8_t *arena;                  /* our pages; what is free is poisoned, and holds SECRET */
static int file = -1;

static struct { uint8_t frame; bool there, writable; } refs[KIT_REFS];
static struct { bool used; uint8_t frame; } mappings[WINDOW_PAGES];     /* by page of the window */
static struct { uint8_t *p; size_t bytes; } regions[REGIONS];
static struct { const uint8_t *page; bool readonly; unsigned mapped; } ours[OURS];
static struct {
    bool used, adds;
    unsigned moment;
    uint16_t frame, offset;
    uint32_t value;
    evtchn_port_t port;                 /* not 0: an event, no write */
} plans[PLANS];
static unsigned planned;                /* of the plans, how many are still to come */
static unsigned moments, fail_countdown;
static bool inside;
/* What is read at that moment is changed before the next read. */
static struct { unsigned moment; uint8_t value, *byte; } spoil;

/* ---- moments ---- */

static UNSEEN void act(unsigned i)
{
    if (plans[i].port) {
        kit_event(plans[i].port);
        return;
    }
    uint32_t *word = (uint32_t *)(kit_peer[plans[i].frame] + plans[i].offset);

    *word = plans[i].adds ? *word + plans[i].value : plans[i].value;
}

UNSEEN void kit_moment(void)
{
    moments++;
    if (planned == 0 || inside)
        return;
    inside = true;
    for (unsigned i = 0; i < PLANS; i++) {
        if (plans[i].used && plans[i].moment == moments) {
            plans[i].used = false;
            planned--;
            act(i);
        }
    }
    inside = false;
}

void kit_share(void *p, size_t bytes)
{
    shared = p;
    shared_bytes = bytes;
}

/* What is given back is out of the peer's reach, also for a change that it has begun. */
static void unshare(const uint8_t *p, size_t bytes)
{
    if (shared && (uintptr_t)shared - (uintptr_t)p < bytes)
        kit_share(NULL, 0);
    if (spoil.byte && (uintptr_t)spoil.byte - (uintptr_t)p < bytes)
        memset(&spoil, 0, sizeof(spoil));
}

static UNSEEN bool is_shared(const uint8_t *p)
{
    return (uintptr_t)p - (uintptr_t)window < WINDOW_PAGES * KIT_PAGE ||
           (uintptr_t)p - (uintptr_t)shared < shared_bytes;
}

/* Its own pages are the peer's to change, however they are mapped here. */
static UNSEEN uint8_t *writable(const uint8_t *p)
{
    if ((uintptr_t)p - (uintptr_t)shared < shared_bytes)
        return shared + (p - shared);
    size_t page = (size_t)(p - window) / KIT_PAGE;

    return mappings[page].used ? kit_peer[mappings[page].frame] + (p - window) % KIT_PAGE : NULL;
}

static UNSEEN void on_load(const void *p)
{
    if (!(planned || spoil.moment) || !is_shared(p))
        return;
    if (spoil.byte) {
        *spoil.byte = spoil.value;
        spoil.byte = NULL;
        spoil.moment = 0;
    }
    kit_moment();
    if (spoil.moment && moments >= spoil.moment)
        spoil.byte = writable(p);
}

void __sanitizer_cov_load1(uint8_t *p);
void __sanitizer_cov_load2(uint16_t *p);
void __sanitizer_cov_load4(uint32_t *p);
void __sanitizer_cov_load8(uint64_t *p);
void __sanitizer_cov_load16(__uint128_t *p);
UNSEEN void __sanitizer_cov_load1(uint8_t *p) { on_load(p); }
UNSEEN void __sanitizer_cov_load2(uint16_t *p) { on_load(p); }
UNSEEN void __sanitizer_cov_load4(uint32_t *p) { on_load(p); }
UNSEEN void __sanitizer_cov_load8(uint64_t *p) { on_load(p); }
UNSEEN void __sanitizer_cov_load16(__uint128_t *p) { on_load(p); }

static void plan(unsigned moment, unsigned frame, unsigned offset, uint32_t value, bool adds,
                 evtchn_port_t port)
{
    for (unsigned i = 0; i < PLANS; i++) {
        if (plans[i].used)
            continue;
        plans[i].used = true;
        plans[i].adds = adds;
        plans[i].moment = moments + moment + 1;
        plans[i].frame = (uint16_t)(frame % KIT_FRAMES);
        plans[i].offset = (uint16_t)(offset % KIT_PAGE & ~3u);
        plans[i].value = value;
        plans[i].port = port;
        planned++;
        return;
    }
}

void kit_plan_write(unsigned moment, unsigned frame, unsigned offset, uint32_t value)
{
    plan(moment, frame, offset, value, false, 0);
}

void kit_plan_add(unsigned moment, unsigned frame, unsigned offset, uint32_t value)
{
    plan(moment, frame, offset, value, true, 0);
}

void kit_plan_event(unsigned moment, evtchn_port_t port)
{
    if (port)
        plan(moment, 0, 0, 0, false, port);
}

void kit_spoil(unsigned moment, uint8_t value)
{
    spoil.byte = NULL;
    spoil.moment = moments + moment + 1;
    spoil.value = value;
}

void kit_plan_from_input(void)
{
    unsigned how = kit_byte(), moment = kit_byte();

    switch (how % 6) {
    case 4:
    case 5:
        kit_spoil(moment % 32, kit_byte());
        break;
    case 0:
        kit_plan_event(moment, kit_port(how >> 3));
        break;
    case 1:
        kit_plan_add(moment, kit_byte(), kit_u16(), kit_byte());
        break;
    case 2:
        kit_plan_write(moment, kit_byte(), kit_u16(), kit_byte());
        break;
    default:
        kit_plan_write(moment, kit_byte(), kit_u16(), kit_u32());
        break;
    }
}

void kit_fail_after(unsigned n)
{
    fail_countdown = n;
}

bool kit_fails(void)
{
    return fail_countdown && --fail_countdown == 0;
}

/* ---- our memory ---- */

/* An allocation has a free page behind it. */
static void *take_region(size_t bytes)
{
    size_t pages = bytes / KIT_PAGE, first = 0, run = 0;
    unsigned i = 0;

    while (i < REGIONS && regions[i].p)
        i++;
    for (size_t page = 0; page < ARENA_PAGES && run <= pages; page++) {
        run = __asan_address_is_poisoned(arena + page * KIT_PAGE) ? run + 1 : 0;
        first = page + 1 - run;
    }
    if (i == REGIONS || run <= pages)
        kit_wrong("too much memory is allocated");
    regions[i].p = arena + first * KIT_PAGE;
    regions[i].bytes = bytes;
    __asan_unpoison_memory_region(regions[i].p, bytes);
    return regions[i].p;
}

static void give_region(void *p, size_t bytes)
{
    for (unsigned i = 0; i < OURS; i++)
        if (ours[i].page && ours[i].page >= (uint8_t *)p && ours[i].page < (uint8_t *)p + bytes)
            kit_wrong("memory is freed that the peer was granted");
    for (unsigned i = 0; i < REGIONS; i++) {
        if (regions[i].p == p) {
            if (regions[i].bytes != bytes)
                kit_wrong("%zu bytes were allocated, %zu are freed", regions[i].bytes, bytes);
            regions[i].p = NULL;
            unshare(p, bytes);
            madvise(p, bytes, MADV_DONTNEED);
            __asan_poison_memory_region(p, bytes);
            return;
        }
    }
    kit_wrong("what is freed was not allocated");
}

void *pv_region_alloc(size_t bytes)
{
    kit_moment();
    return kit_fails() ? NULL : take_region((bytes + KIT_PAGE - 1) & ~(size_t)(KIT_PAGE - 1));
}

void pv_region_free(void *p, size_t bytes)
{
    if (p)
        give_region(p, (bytes + KIT_PAGE - 1) & ~(size_t)(KIT_PAGE - 1));
}

void *pv_pages_alloc(size_t n)
{
    void *p;

    kit_moment();
    if (kit_fails())
        return NULL;
    p = take_region(n * KIT_PAGE);
    memset(p, 0, n * KIT_PAGE);
    return p;
}

void pv_pages_free(void *p, size_t n)
{
    if (p)
        give_region(p, n * KIT_PAGE);
}

/* Machine addresses are addresses. */
xen_pfn_t pv_virt_to_mfn(const void *p)
{
    return (uintptr_t)p >> PV_PAGE_SHIFT;
}

uint8_t *kit_machine(uint64_t machine, size_t bytes)
{
    uint8_t *p = (uint8_t *)(uintptr_t)machine;

    if (bytes > KIT_PAGE - (machine & (KIT_PAGE - 1)))
        kit_wrong("%zu bytes at %#llx leave their page", bytes, (unsigned long long)machine);
    if (lasting && p >= lasting && p + bytes <= lasting + lasting_bytes)
        return p;
    for (unsigned i = 0; i < REGIONS; i++)
        if (regions[i].p && p >= regions[i].p && p + bytes <= regions[i].p + regions[i].bytes)
            return p;
    kit_wrong("%#llx is no memory that others may reach", (unsigned long long)machine);
}

uint8_t *kit_lasting(size_t pages)
{
    uint8_t *p = mmap(NULL, pages * KIT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED || lasting)
        abort();
    lasting = p;
    lasting_bytes = pages * KIT_PAGE;
    return p;
}

void kit_forget(uint8_t *p, size_t bytes)
{
    uint64_t page[KIT_PAGE / 8];

    for (unsigned i = 0; i < KIT_PAGE / 8; i++)
        page[i] = SECRET;
    for (size_t i = 0; i < bytes; i += KIT_PAGE)
        memcpy(p + i, page, KIT_PAGE);
}

/* ---- what the peer grants ---- */

void kit_grant(grant_ref_t ref, unsigned frame, bool there, bool writable)
{
    if (ref < KIT_REFS) {
        refs[ref].frame = (uint8_t)(frame % KIT_FRAMES);
        refs[ref].there = there;
        refs[ref].writable = writable;
    }
}

static unsigned find_window(size_t n)
{
    for (unsigned first = 1; first + n < WINDOW_PAGES; first++) {
        unsigned i = 0;

        while (i < n && !mappings[first + i].used)
            i++;
        if (i == n && !mappings[first - 1].used && !mappings[first + n].used)
            return first;
    }
    kit_wrong("more is mapped than %u pages", WINDOW_PAGES);
}

static void map_page(size_t page, uint8_t frame, int protection)
{
    mappings[page].used = true;
    mappings[page].frame = frame;
    if (mmap(window + page * KIT_PAGE, KIT_PAGE, protection, MAP_SHARED | MAP_FIXED, file,
             frame * KIT_PAGE) == MAP_FAILED)
        abort();
}

void *pv_grant_map(domid_t domid, const grant_ref_t *list, size_t n, bool writable, int *err)
{
    unsigned first;
    bool good = true;

    kit_moment();
    if (domid != KIT_PEER)
        kit_wrong("a grant of d%u is mapped", domid);
    for (size_t i = 0; i < n; i++)
        good = good && list[i] < KIT_REFS && refs[list[i]].there && (!writable || refs[list[i]].writable);
    if (!good || kit_fails()) {
        if (err)
            *err = good ? -ENOMEM : -EINVAL;
        return NULL;
    }
    first = find_window(n);
    for (size_t i = 0; i < n; i++)
        map_page(first + i, refs[list[i]].frame, writable ? PROT_READ | PROT_WRITE : PROT_READ);
    return window + first * KIT_PAGE;
}

int pv_grant_unmap(void *p, size_t n)
{
    size_t first = (size_t)((uint8_t *)p - window) / KIT_PAGE;

    kit_moment();
    for (size_t i = 0; i < n; i++) {
        if (first + i >= WINDOW_PAGES || !mappings[first + i].used)
            kit_wrong("what is unmapped was not mapped");
        mappings[first + i].used = false;
    }
    if (mmap(p, n * KIT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        abort();
    return 0;
}

/* Frames of the peer by number: all of them can be mapped. */
void *pv_map_frames(domid_t domid, const xen_pfn_t *mfns, size_t n, bool writable, int *errs)
{
    unsigned first;

    kit_moment();
    if (domid != KIT_PEER || errs)
        kit_wrong("frames of d%u are mapped", domid);
    for (size_t i = 0; i < n; i++)
        if (mfns[i] >= KIT_FRAMES)
            return NULL;
    if (kit_fails())
        return NULL;
    first = find_window(n);
    for (size_t i = 0; i < n; i++)
        map_page(first + i, (uint8_t)mfns[i], writable ? PROT_READ | PROT_WRITE : PROT_READ);
    return window + first * KIT_PAGE;
}

void pv_unmap(void *p, size_t n)
{
    pv_grant_unmap(p, n);
}

bool kit_is_mapped(unsigned frame)
{
    for (unsigned i = 0; i < WINDOW_PAGES; i++)
        if (mappings[i].used && mappings[i].frame == frame)
            return true;
    return false;
}

/* One side of a copy: where it is, NULL if the peer's grant does not allow it. Anything else is our
 * mistake. */
static uint8_t *side(const struct gnttab_copy_ptr *s, bool by_reference, unsigned len, bool write)
{
    grant_ref_t ref = s->u.ref;

    if (s->offset + len > KIT_PAGE)
        kit_wrong("a copy of %u bytes at %u", len, s->offset);
    if (s->domid != (by_reference ? KIT_PEER : DOMID_SELF))
        kit_wrong("a copy from or to d%u", s->domid);
    if (!by_reference)
        return kit_machine((s->u.gmfn << PV_PAGE_SHIFT) + s->offset, len);
    if (ref >= KIT_REFS || !refs[ref].there || (write && !refs[ref].writable))
        return NULL;
    return kit_peer[refs[ref].frame] + s->offset;
}

void kit_check_filled(const uint8_t *p, size_t bytes)
{
    uint64_t word;

    for (size_t i = (8 - ((uintptr_t)p & 7)) & 7; i + 8 <= bytes; i += 8) {
        memcpy(&word, p + i, 8);
        if (word == SECRET)
            kit_wrong("memory is handed out that nothing was written to");
    }
}

static void copy(struct gnttab_copy *c)
{
    bool in = c->flags & GNTCOPY_source_gref, out = c->flags & GNTCOPY_dest_gref;
    uint8_t *from = side(&c->source, in, c->len, false), *to = side(&c->dest, out, c->len, true);

    c->status = from && to ? GNTST_okay : GNTST_bad_gntref;
    if (c->status != GNTST_okay)
        return;
    if (out && !in)
        kit_check_filled(from, c->len);
    memmove(to, from, c->len);
}

int pv_grant_copy(struct gnttab_copy *ops, size_t n)
{
    int rc = 0;

    kit_moment();
    for (size_t i = 0; i < n; i++) {
        copy(&ops[i]);
        kit_moment();
        if (ops[i].status != GNTST_okay)
            rc = -EIO;
    }
    return rc;
}

int pv_grant_error(int status)
{
    return status == GNTST_okay ? 0 : -EINVAL;
}

/* ---- what we grant to the peer ---- */

int pv_grant_access(domid_t domid, const void *page, bool readonly)
{
    if (domid != KIT_PEER)
        kit_wrong("a page is granted to d%u", domid);
    kit_moment();
    kit_machine((uintptr_t)page, KIT_PAGE);
    if (kit_fails())
        return -ENOSPC;
    for (unsigned i = OURS_FIRST; i < OURS; i++) {
        if (ours[i].page)
            continue;
        ours[i].page = page;
        ours[i].readonly = readonly;
        return (int)i;
    }
    return -ENOSPC;
}

int pv_grant_end(grant_ref_t ref)
{
    kit_moment();
    if (ref >= OURS || !ours[ref].page)
        kit_wrong("a grant is ended that is none: %u", ref);
    if (ours[ref].mapped)
        return -EBUSY;
    ours[ref].page = NULL;
    return 0;
}

/* ---- a run ---- */

static void make_arena(void)
{
    int secrets = memfd_create("ours", MFD_CLOEXEC);
    uint64_t page[KIT_PAGE / 8];

    for (unsigned i = 0; i < KIT_PAGE / 8; i++)
        page[i] = SECRET;
    for (unsigned i = 0; i < ARENA_PAGES; i++)
        if (write(secrets, page, KIT_PAGE) != KIT_PAGE)
            abort();
    arena = mmap(NULL, ARENA_PAGES * KIT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, secrets, 0);
    if (arena == MAP_FAILED)
        abort();
    close(secrets);
    __asan_poison_memory_region(arena, ARENA_PAGES * KIT_PAGE);
}

static void make(void)
{
    make_arena();
    file = memfd_create("peer", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, KIT_FRAMES * KIT_PAGE))
        abort();
    kit_peer = mmap(NULL, KIT_FRAMES * KIT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    window = mmap(NULL, WINDOW_PAGES * KIT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (kit_peer == MAP_FAILED || window == MAP_FAILED)
        abort();
}

void kit_memory_start(void)
{
    if (!kit_peer)
        make();
    memset(kit_peer, 0, KIT_FRAMES * KIT_PAGE);
    memset(plans, 0, sizeof(plans));
    memset(&spoil, 0, sizeof(spoil));
    kit_share(NULL, 0);
    planned = moments = fail_countdown = 0;
    for (unsigned i = 0; i < KIT_REFS; i++)
        kit_grant(i, i, true, true);
}

void kit_memory_end(void)
{
    for (unsigned i = 0; i < WINDOW_PAGES; i++)
        if (mappings[i].used)
            kit_wrong("a page of the peer is still mapped");
    for (unsigned i = 0; i < REGIONS; i++)
        if (regions[i].p)
            kit_wrong("a region of %zu bytes is left", regions[i].bytes);
    for (unsigned i = 0; i < OURS; i++)
        if (ours[i].page)
            kit_wrong("grant %u is left", i);
}
