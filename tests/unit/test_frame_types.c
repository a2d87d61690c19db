/* The rules of frame types, against a reference model that knows nothing of idle tables, counts or lists:
 * it says which tables are live (pinned, or below a pinned one), and from that alone what may be mapped
 * how. Tens of thousands of random operations run on both; every answer must agree, and after each the
 * frame table is recounted from scratch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include <xen/errno.h>
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/descriptors.h"
#include "memory/frame-type.h"
#include "memory/heap.h"
#include "memory/m2p.h"
#include "memory/pagetable.h"

#define FRAMES     96u      /* of the machine; frame 0 belongs to nobody */
#define OWNED      40u      /* given to the domain at the start */
#define FOREIGN    4u       /* given to another one */
#define SLOTS      6u       /* entries of a table that the test uses */
#define OPERATIONS 60000

/* ---- what the hypervisor's other parts would give ---- */
struct cpu_features cpu_features = { .phys_bits = 40 };
static struct cpu host_private;
struct cpu_info host_cpu = { .cpu = &host_private };
struct domain *first_domain;
mfn_t hypervisor_root;

static uint64_t m2p[1UL << M2P_CHUNK_SHIFT];
uint64_t *m2p_chunks[] = { m2p };
static struct domain ours, theirs;
static unsigned int preempt_every, preempt_count;

void cpu_flush_tlb(uint64_t mask) { (void)mask; }
void cpu_relax_and_answer(void) { abort(); }
bool preempt_check(void) { return preempt_every && ++preempt_count % preempt_every == 0; }
uint64_t guest_root_cpus(void) { return 0; }
void root_fill_hypervisor_slots(mfn_t l4) { (void)l4; }
bool mfn_is_guest_device(uint64_t n) { (void)n; return false; }
long refuse_log(long rc, const char *fmt, ...) { (void)fmt; return rc; }
struct domain *domain_by_owner(domid_t id)
{
    return id == ours.id ? &ours : id == theirs.id ? &theirs : NULL;
}
void domain_frames_held(struct domain *d, uint64_t n) { d->frames_held += n; }
void domain_frames_released(struct domain *d, uint64_t count) { d->frames_held -= count; }
long descriptors_validate(mfn_t m)
{
    uint64_t *e = frame_virt(m);

    for (unsigned int i = 0; i < 512; i++)
        if (!(!(e[i] & 1UL << 47) || (e[i] & 1UL << 44)))
            return -XEN_EINVAL;
    return 0;
}
noreturn void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    abort();
}

/* ---- the model: contents of frames, pins; nothing else ---- */
struct model_frame { bool owned, pinned; enum frame_type pin; uint64_t entry[SLOTS]; };
static struct model_frame model[FRAMES];

/* How live tables use a frame: as which table (0: none), and whether one maps it writable. */
struct uses { enum frame_type table[FRAMES]; bool writable[FRAMES]; };

static bool present(uint64_t e) { return e & PTE_PRESENT; }

/* Marks what the live table n of that level uses. False: the model's own contents break the rules. */
static bool mark(struct uses *u, uint64_t n, enum frame_type t)
{
    if (u->writable[n] || (u->table[n] && u->table[n] != t))
        return false;
    if (u->table[n] == t)
        return true;
    u->table[n] = t;
    for (unsigned int i = 0; i < SLOTS; i++) {
        uint64_t e = model[n].entry[i], to = pte_mfn(e).n;

        if (!present(e)) {
            if (to && to < FRAMES)
                return false;
            continue;
        }
        if (to >= FRAMES || !model[to].owned ||
            (e & (t == FRAME_L1 ? PTE_PWT | PTE_PCD | PTE_PAT : PTE_PWT | PTE_PCD | PTE_PSE | PTE_GLOBAL)))
            return false;
        if (t > FRAME_L1) {
            if (!mark(u, to, t - 1))
                return false;
        } else if (e & PTE_RW) {
            if (u->table[to])
                return false;
            u->writable[to] = true;
        }
    }
    return true;
}

static bool model_consistent(struct uses *u)
{
    memset(u, 0, sizeof(*u));
    for (unsigned int n = 1; n < FRAMES; n++)
        if (model[n].pinned && !mark(u, n, model[n].pin))
            return false;
    return true;
}

/* ---- recount ---- */
static void recount(void)
{
    uint32_t refs[FRAMES] = { 0 }, types[FRAMES] = { 0 };
    uint64_t listed = 0;

    for (uint64_t n = 1; n < FRAMES; n++) {
        struct frame *f = &frame_table[n];

        if (f->ref & REF_FLAG_FREE)
            continue;
        refs[n] += !!(f->ref & REF_FLAG_OWNED) + !!(f->type & TYPE_PINNED);
        types[n] += !!(f->type & TYPE_PINNED);
        if (!type_is_table(type_of(f->type)) || !(f->type & TYPE_VALIDATED))
            continue;
        for (unsigned int i = 0; i < SLOTS; i++) {
            uint64_t e = ((uint64_t *)frame_virt(mfn(n)))[i], to = pte_mfn(e).n;

            if (!present(e))
                continue;
            assert_true(to < FRAMES);
            refs[to]++;
            types[to] += type_of(f->type) > FRAME_L1 || (e & PTE_RW);
            /* The invariant itself: what a validated level-1 table maps writable is no table. */
            if (type_of(f->type) == FRAME_L1 && (e & PTE_RW))
                assert_int_equal(type_of(frame_table[to].type), FRAME_WRITABLE);
            if (type_of(f->type) > FRAME_L1)
                assert_int_equal(type_of(frame_table[to].type), type_of(f->type) - 1);
        }
    }
    for (uint64_t n = 1; n < FRAMES; n++) {
        if (frame_table[n].ref & REF_FLAG_FREE)
            continue;
        assert_int_equal(frame_table[n].ref & REF_COUNT_MASK, refs[n]);
        assert_int_equal(frame_table[n].type & TYPE_COUNT_MASK, types[n]);
    }
    for (uint32_t n = ours.frames_head; n != FRAME_LIST_END; n = frame_table[n].next, listed++)
        assert_false(frame_table[n].type & TYPE_IDLE);
    for (uint32_t n = ours.idle_head; n != FRAME_LIST_END; n = frame_table[n].next, listed++)
        assert_true(frame_table[n].type & TYPE_IDLE);
    assert_int_equal(listed, ours.frames);
}

/* ---- operations, on both ---- */
static long retry(long (*op)(uint64_t, uint64_t), uint64_t a, uint64_t b)
{
    long rc;

    spin_lock(&ours.mmu_lock);
    do
        rc = op(a, b);
    while (rc == -ERESTART);
    spin_unlock(&ours.mmu_lock);
    frames_release();
    return rc;
}

static long real_pin(uint64_t n, uint64_t t)
{
    long rc;

    if (!frame_get(n, ours.id))
        return -XEN_EINVAL;
    rc = frame_get_type(mfn(n), (enum frame_type)t);
    if (rc == 0 && (frame_table[n].type & TYPE_PINNED)) {
        frame_put_type(mfn(n));
        rc = -XEN_EINVAL;
    }
    if (rc)
        frame_put(mfn(n));
    else
        atomic_fetch_or(&frame_table[n].type, TYPE_PINNED);
    return rc;
}

static long real_unpin(uint64_t n, uint64_t unused)
{
    (void)unused;
    if (!(frame_table[n].type & TYPE_PINNED))
        return -XEN_EINVAL;
    atomic_fetch_and(&frame_table[n].type, ~TYPE_PINNED);
    frame_put_both(mfn(n));
    return 0;
}

/* As mmu_update: an entry of a table in use goes through the one writer, other memory
 * is written if it may be writable. */
static uint64_t write_value;
static long real_write(uint64_t n, uint64_t slot)
{
    uint64_t type = frame_table[n].type;
    long rc;

    if (type_is_table(type_of(type)) && (type & TYPE_VALIDATED) && (type & TYPE_COUNT_MASK)) {
        return pte_write(&ours, mfn(n), type_of(type) - FRAME_L1 + 1, (unsigned int)slot, write_value, NULL,
                         false, NULL);
    }
    rc = frame_get_writable(mfn(n), true);
    if (rc)
        return rc;
    ((uint64_t *)frame_virt(mfn(n)))[slot] = write_value;
    frame_put_type(mfn(n));
    return 0;
}

static long real_give_up(uint64_t n, uint64_t unused)
{
    long rc = frame_retype_none(&ours, mfn(n));

    (void)unused;
    if (rc)
        return rc;
    assert_true(frame_get(n, ours.id));
    assert_true(frame_disown(&ours, mfn(n)));
    frame_put(mfn(n));
    while ((frame_table[n].ref & REF_COUNT_MASK) && frame_reclaim_idle(&ours))
        ;
    return 0;
}

static uint64_t random_entry(void)
{
    static const uint64_t flags[] = {
        PTE_PRESENT, PTE_PRESENT | PTE_RW, PTE_PRESENT | PTE_RW | PTE_USER,
        PTE_PRESENT | PTE_ACCESSED | PTE_NX,
        PTE_PRESENT | PTE_RW | PTE_DIRTY, PTE_PRESENT | PTE_PSE, PTE_PRESENT | PTE_PCD,
        PTE_PRESENT | PTE_GLOBAL, 0, PTE_RW,
    };
    uint64_t e = flags[(unsigned int)rand() % 10];
    unsigned int n = (unsigned int)rand() % (OWNED + FOREIGN + 3);

    if (rand() % 5 == 0)
        return 0;
    return pte_make(mfn(n), e);
}

static bool is_live_table(const struct uses *u, uint64_t n) { return u->table[n] != FRAME_NONE; }

static void step_pin(struct uses *now, uint64_t n, enum frame_type t)
{
    struct model_frame before = model[n];
    struct uses after;
    bool may;

    model[n].pinned = true;
    model[n].pin = t;
    may = before.owned && !before.pinned && model_consistent(&after);
    model[n] = before;
    (void)now;
    if (retry(real_pin, n, t) == 0) {
        assert_true(may);
        model[n].pinned = true;
        model[n].pin = t;
    } else {
        assert_false(may);
    }
}

static void step_unpin(uint64_t n)
{
    long rc = retry(real_unpin, n, 0);

    assert_int_equal(rc == 0, model[n].pinned);
    model[n].pinned = false;
}

static void step_write(struct uses *now, uint64_t n, unsigned int slot)
{
    uint64_t before = model[n].entry[slot];
    struct uses after;
    bool may, live = is_live_table(now, n), idle_held;

    /* Only idle tables refer to it any more: the guest does not know, and
     * may be held to the rules of a table. */
    idle_held =
        !live && type_is_table(type_of(frame_table[n].type)) && (frame_table[n].type & TYPE_COUNT_MASK);
    write_value = random_entry();
    model[n].entry[slot] = write_value;
    may = model_consistent(&after);
    if (!live && now->table[n] == FRAME_NONE)
        may = true;     /* ordinary memory: any value */
    model[n].entry[slot] = before;
    if (retry(real_write, n, slot) == 0) {
        assert_true(may);
        model[n].entry[slot] = write_value;
    } else {
        assert_true(!may || idle_held);
    }
}

static void step_give_up(struct uses *now, uint64_t n)
{
    bool may = !is_live_table(now, n), mapped = false;
    long rc;

    for (unsigned int i = 1; i < FRAMES; i++)
        for (unsigned int s = 0; s < SLOTS && is_live_table(now, i); s++)
            mapped |= present(model[i].entry[s]) && pte_mfn(model[i].entry[s]).n == n;
    if (mapped)
        return;     /* it would stay referenced; that case has a test of its own */
    rc = retry(real_give_up, n, 0);
    assert_int_equal(rc == 0, may);
    if (rc == 0) {
        model[n].owned = false;
        assert_int_equal(frame_table[n].ref & ~REF_FLAG_FREE, 0);  /* free; the flag is on the
                                                                    * first frame of a block */
    }
}

/* A frame comes back from the heap. It is the one given up last or any other
 * free one; its contents are cleared. */
static void step_take(void)
{
    mfn_t m = heap_alloc(0, false);

    if (mfn_eq(m, MFN_NONE))
        return;
    memset(frame_virt(m), 0, PAGE_SIZE);
    if (m.n > OWNED || frame_assign(&ours, m, 1)) {
        heap_free(m, 0);
        return;
    }
    memset(&model[m.n], 0, sizeof(model[m.n]));
    model[m.n].owned = true;
}

static void random_operation(void)
{
    uint64_t n = 1 + (unsigned int)rand() % OWNED;
    unsigned int slot = (unsigned int)rand() % SLOTS, what = (unsigned int)rand() % 100;
    struct uses now;

    assert_true(model_consistent(&now));
    if (!model[n].owned) {
        step_take();
        return;
    }
    if (what < 62)
        step_write(&now, n, slot);
    else if (what < 82)
        step_pin(&now, n, FRAME_L1 + (what & 3));
    else if (what < 96)
        step_unpin(n);
    else
        step_give_up(&now, n);
}

static int make_world(void **state)
{
    (void)state;
    assert_ptr_equal(mmap((void *)FRAMES_VIRT, FRAMES * sizeof(struct frame), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), (void *)FRAMES_VIRT);
    assert_ptr_equal(mmap((void *)DIRECT_VIRT, FRAMES * PAGE_SIZE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), (void *)DIRECT_VIRT);
    memset(&ours, 0, sizeof(ours));
    memset(&theirs, 0, sizeof(theirs));
    memset(model, 0, sizeof(model));
    frame_limit = frame_total = FRAMES;
    ours.id = 1;
    theirs.id = 2;
    for (struct domain *d = &ours; d; d = d == &ours ? &theirs : NULL) {
        d->frames_head = d->idle_head = FRAME_LIST_END;
        d->frames_max = FRAMES;
        spin_init(&d->mmu_lock, RANK_MMU);
        spin_init(&d->frames_lock, RANK_FRAMES);
    }
    for (uint64_t n = 1; n < FRAMES; n++)
        heap_free(mfn(n), 0);
    for (uint64_t i = 1; i < FRAMES; i++) {
        mfn_t m = heap_alloc(0, false);

        (void)m;
    }
    /* Known numbers: 1 to OWNED are ours, the next few theirs, the rest the machine's. */
    for (uint64_t n = 1; n <= OWNED + FOREIGN; n++) {
        assert_int_equal(frame_assign(n <= OWNED ? &ours : &theirs, mfn(n), 1), 0);
        model[n].owned = n <= OWNED;
    }
    return 0;
}

static int drop_world(void **state)
{
    (void)state;
    /* The heap forgets nothing by itself: take all that is free, so that
     * the next world starts from the same. */
    while (!mfn_eq(heap_alloc(0, false), MFN_NONE))
        ;
    return 0;
}

static void run_random(unsigned int seed, unsigned int every)
{
    srand(seed);
    preempt_every = every;
    for (unsigned int i = 0; i < OPERATIONS; i++) {
        random_operation();
        recount();
    }
    preempt_every = 0;
}

static void test_random(void **state) { (void)state; run_random(1, 0); }
static void test_random_preempted(void **state) { (void)state; run_random(2, 1); }
static void test_random_preempted_sometimes(void **state) { (void)state; run_random(3, 3); }

static void put_entry(uint64_t table, unsigned int slot, uint64_t e)
{
    ((uint64_t *)frame_virt(mfn(table)))[slot] = e;
}

/* A table that nobody uses keeps what it maps writable; a pin of that frame must get through all the same. */
static void test_idle_table_gives_way(void **state)
{
    (void)state;
    put_entry(1, 0, pte_make(mfn(2), PTE_PRESENT | PTE_RW));
    assert_int_equal(retry(real_pin, 1, FRAME_L1), 0);
    assert_int_equal(retry(real_pin, 2, FRAME_L2), -XEN_EINVAL);
    assert_int_equal(retry(real_unpin, 1, 0), 0);
    assert_int_equal(type_of(frame_table[1].type), FRAME_L1);      /* idle, still validated */
    assert_int_equal(retry(real_pin, 2, FRAME_L2), 0);
    recount();
}

/* The new entry needs a frame that idle tables hold, and one of them holds the table that is written: when
 * they are given up, that is no table any more, and what it referred to must not be put again. */
static void test_written_table_gives_way(void **state)
{
    (void)state;
    for (unsigned int slot = 0; slot < 2; slot++) {
        put_entry(1, 0, pte_make(mfn(3), PTE_PRESENT | PTE_RW));
        put_entry(1, 1, 0);
        put_entry(2, 0, pte_make(mfn(1), PTE_PRESENT | PTE_RW));
        assert_int_equal(retry(real_pin, 2, FRAME_L2), 0);
        assert_int_equal(retry(real_unpin, 2, 0), 0);
        write_value = pte_make(mfn(1), PTE_PRESENT | PTE_RW);
        assert_int_equal(retry(real_write, 1, slot), 0);
        recount();
        put_entry(1, 0, 0);
        assert_int_equal(retry(real_pin, 3, FRAME_L1), 0);
        assert_int_equal(retry(real_unpin, 3, 0), 0);
    }
}

/* Given up while it is mapped: not the domain's any more, not free yet,
 * and still counted against its limit. */
static void test_given_up_but_mapped(void **state)
{
    mfn_t m;

    (void)state;
    put_entry(1, 0, pte_make(mfn(2), PTE_PRESENT | PTE_RW));
    assert_int_equal(retry(real_pin, 1, FRAME_L1), 0);
    ours.frames_max = OWNED;
    assert_int_equal(retry(real_give_up, 2, 0), 0);
    assert_false(frame_table[2].ref & REF_FLAG_FREE);
    assert_int_equal(frame_assign(&ours, mfn(60), 1), -XEN_ENOMEM);
    write_value = 0;
    assert_int_equal(retry(real_write, 1, 0), 0);
    assert_true(frame_table[2].ref & REF_FLAG_FREE);
    m = heap_alloc(0, false);
    assert_int_equal(frame_assign(&ours, m, 1), 0);
}

/* Tables of a table's own level, of two levels below, itself: all refused. */
static void test_levels_are_strict(void **state)
{
    (void)state;
    put_entry(1, 0, pte_make(mfn(1), PTE_PRESENT));
    for (uint64_t t = FRAME_L2; t <= FRAME_L4; t++)
        assert_int_not_equal(retry(real_pin, 1, t), 0);
    assert_int_equal(retry(real_pin, 1, FRAME_L1), 0);     /* level 1: it shows itself, read-only */
    write_value = pte_make(mfn(1), PTE_PRESENT | PTE_RW);
    assert_int_not_equal(retry(real_write, 1, 0), 0);
    put_entry(2, 0, pte_make(mfn(1), PTE_PRESENT));
    assert_int_not_equal(retry(real_pin, 2, FRAME_L3), 0);
    assert_int_equal(retry(real_pin, 2, FRAME_L2), 0);
    recount();
}

static void test_foreign_frames_are_refused(void **state)
{
    (void)state;
    put_entry(1, 0, pte_make(mfn(OWNED + 1), PTE_PRESENT));
    assert_int_equal(retry(real_pin, 1, FRAME_L1), -XEN_EPERM);
    put_entry(1, 0, pte_make(mfn(FRAMES + 5), PTE_PRESENT));
    assert_int_equal(retry(real_pin, 1, FRAME_L1), -XEN_EPERM);
    put_entry(1, 0, pte_make(mfn(50), 0));                 /* absent, but it names memory */
    assert_int_equal(retry(real_pin, 1, FRAME_L1), -XEN_EINVAL);
    recount();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_world, drop_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_idle_table_gives_way), TEST(test_written_table_gives_way), TEST(test_given_up_but_mapped),
        TEST(test_levels_are_strict), TEST(test_foreign_frames_are_refused), TEST(test_random),
        TEST(test_random_preempted),
        TEST(test_random_preempted_sometimes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
