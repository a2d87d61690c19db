/* areas.c: records that the hypervisor keeps in our memory by virtual address. It writes them when it likes:
 * also when the page is gone, read-only, or has become a page table. The class of bug: a fault in the
 * hypervisor, a write past what the guest could write itself, a record that goes on after it was taken
 * away. */
#include "timer.h"

#include <string.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/memory.h>

static char *pages;     /* two */

/* Off the CPU and on it again, which is when records are written; for 60 ms, in which any record is
 * refreshed. */
static void rest(uint64_t ns)
{
    uint64_t end = pv_now_ns() + ns;
    struct sched_poll poll;

    do {
        poll = (struct sched_poll){ .timeout = pv_now_ns() + PV_NS_PER_MS };
        HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
    } while (pv_now_ns() < end);
}

/* What is special about a kind of record. */
struct kind {
    const char *call;
    int op;
    size_t size;
    bool (*sound)(const void *);
};

static bool runstate_is_sound(const void *at)
{
    struct vcpu_runstate_info r;

    memcpy(&r, at, sizeof(r));
    return r.state == RUNSTATE_running && r.time[RUNSTATE_blocked] != 0 && r.time[RUNSTATE_running] != 0;
}

static bool time_is_sound(const void *at)
{
    const volatile struct vcpu_time_info *own = &pv_shared_info->vcpu_info[0].time;
    struct vcpu_time_info t;

    memcpy(&t, at, sizeof(t));
    return t.version != 0 && !(t.version & 1) && t.tsc_to_system_mul == own->tsc_to_system_mul &&
           t.tsc_shift == own->tsc_shift && t.system_time != 0 && t.system_time <= pv_now_ns() + PV_NS_PER_MS;
}

static const struct kind runstate_area = { "VCPUOP_register_runstate_memory_area",
                                           VCPUOP_register_runstate_memory_area,
                                           sizeof(struct vcpu_runstate_info), runstate_is_sound };
static const struct kind time_area = { "VCPUOP_register_vcpu_time_memory_area",
                                       VCPUOP_register_vcpu_time_memory_area, sizeof(struct vcpu_time_info),
                                       time_is_sound };

static long reg(const struct kind *k, const void *at)
{
    uint64_t va = (uint64_t)at;

    return HYPERVISOR_vcpu_op(k->op, 0, &va);
}

/* True if something is written there while we rest. */
static bool is_kept(const struct kind *k, char *at)
{
    unsigned int i;

    for (i = 0; i < 50; i++) {
        memset(at, 0, k->size);
        rest(20 * PV_NS_PER_MS);
        if (k->sound(at))
            return true;
    }
    return false;
}

static bool is_left_alone(const struct kind *k, char *at)
{
    static const char zeroes[64];

    memset(at, 0, k->size);
    rest(120 * PV_NS_PER_MS);
    return memcmp(at, zeroes, k->size) == 0;
}

static void places(const struct kind *k)
{
    const struct { const char *name; char *at; } rows[] = {
        { "at a page's start", pages },
        { "up to a page's end", pages + PV_PAGE_SIZE - k->size },
        { "across a page's end", pages + PV_PAGE_SIZE - 20 },
        { "at an odd address", pages + 101 },
    };
    unsigned int i;
    long rc;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(pages, 0, 2 * PV_PAGE_SIZE);
        rc = reg(k, rows[i].at);
        check_state(named("%s, %s", k->call, rows[i].name), rc, 0, "it is there at once",
                    k->sound(rows[i].at));
        check_true(named("%s, %s: it is kept", k->call, rows[i].name), is_kept(k, rows[i].at));
    }
    check(named("%s, another one instead", k->call), reg(k, pages), 0);
    check_true(named("%s, another one instead: the old one is left alone", k->call),
               is_left_alone(k, pages + 101));
    check(named("%s, none", k->call), reg(k, NULL), 0);
    check_true(named("%s, none: the last one is left alone", k->call), is_left_alone(k, pages));
}

static void bad_places(const struct kind *k)
{
    const struct { const char *name; void *at; long want; } rows[] = {
        { "in the hypervisor", HYPERVISOR_SPACE, -XEN_EFAULT },
        { "non-canonical", NON_CANONICAL, -XEN_EFAULT },
        { "unmapped", UNMAPPED, 0 },
        { "in our text", pv_image_start, 0 },
    };
    unsigned int i;
    char was[64];
    long rc;

    memcpy(was, pv_image_start, sizeof(was));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rc = reg(k, rows[i].at);
        rest(60 * PV_NS_PER_MS);
        check(named("%s, %s", k->call, rows[i].name), rc, rows[i].want);
    }
    check_true(named("%s, in our text: it is as it was", k->call),
               memcmp(was, pv_image_start, sizeof(was)) == 0);
    reg(k, NULL);
}

/* The mapping changes under the record. */
static void moved_away(const struct kind *k)
{
    char *at = pages + PV_PAGE_SIZE - 20;
    uint64_t first = entry_for(pages, FLAGS_RW | PV_PTE_NX),
        second = entry_for(pages + PV_PAGE_SIZE, FLAGS_RW | PV_PTE_NX);
    xen_pfn_t mfn = pv_virt_to_mfn(pages);
    static const char zeroes[PV_PAGE_SIZE];

    reg(k, at);
    set_va(pages + PV_PAGE_SIZE, 0);
    rest(60 * PV_NS_PER_MS);
    set_va(pages, 0);
    rest(60 * PV_NS_PER_MS);
    set_va(pages, first);
    set_va(pages + PV_PAGE_SIZE, second);
    check_true(named("%s, mapped again: it is kept", k->call), is_kept(k, at));
    reg(k, pages + 256);
    memset(pages, 0, PV_PAGE_SIZE);
    make_read_only(pages);
    memset(pages + PV_PAGE_SIZE, 0, PV_PAGE_SIZE);
    check(named("%s, its page becomes a page table", k->call), mmuext1(MMUEXT_PIN_L1_TABLE, mfn), 0);
    rest(120 * PV_NS_PER_MS);
    mmuext1(MMUEXT_UNPIN_TABLE, mfn);
    reg(k, NULL);
    check_true(named("%s, its page becomes a page table: nothing is written to that", k->call),
               memcmp(pages + 256, zeroes, k->size) == 0);
    make_writable(pages);
}

/* The hypervisor's own write meets the guest's breakpoint. */
static void watched(const struct kind *k)
{
    bool kept;

    reg(k, pages);
    HYPERVISOR_set_debugreg(0, (unsigned long)pages + 8);
    HYPERVISOR_set_debugreg(7, 0x400 | 1 | 1 << 16 | 2 << 18);      /* of writes to eight bytes */
    rest(60 * PV_NS_PER_MS);
    HYPERVISOR_set_debugreg(7, 0x400);
    HYPERVISOR_set_debugreg(0, 0);
    HYPERVISOR_set_debugreg(6, 0xffff0ff0);
    kept = is_kept(k, pages);
    reg(k, NULL);
    check_true(named("%s, under a breakpoint for a while: it is kept", k->call), kept);
}

static void all(const struct kind *k)
{
    pages = pv_pages_alloc(2);
    places(k);
    bad_places(k);
    moved_away(k);
    watched(k);
    pv_pages_free(pages, 2);
}

void test_runstate_area(void)
{
    struct vcpu_runstate_info now, kept;

    all(&runstate_area);
    pages = pv_pages_alloc(1);
    reg(&runstate_area, pages);
    rest(PV_NS_PER_MS);
    HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &now);
    memcpy(&kept, pages, sizeof(kept));
    check_true("the area's entry time is VCPUOP_get_runstate_info's",
               kept.state_entry_time == now.state_entry_time);
    check_true("the area's blocked time is too", kept.time[RUNSTATE_blocked] == now.time[RUNSTATE_blocked]);
    reg(&runstate_area, NULL);
    pv_pages_free(pages, 1);
}

void test_time_area(void)
{
    all(&time_area);
}

void test_assist(void)
{
    static const struct { const char *name; unsigned int cmd, type; long want; } rows[] = {
        { "vm_assist, disable runstate_update_flag, which is off", VMASST_CMD_disable,
          VMASST_TYPE_runstate_update_flag, 0 },
        { "vm_assist, enable runstate_update_flag", VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag, 0 },
        { "vm_assist, enable it again", VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag, 0 },
        { "vm_assist, command 2", 2, VMASST_TYPE_runstate_update_flag, -XEN_ENOSYS },
        { "vm_assist, enable type 63", VMASST_CMD_enable, 63, -XEN_EINVAL },
        { "vm_assist, enable type 64", VMASST_CMD_enable, 64, -XEN_EINVAL },
        { "vm_assist, enable type 2^32 - 1", VMASST_CMD_enable, ~0U, -XEN_EINVAL },
    };
    struct vcpu_runstate_info r;
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].name, HYPERVISOR_vm_assist(rows[i].cmd, rows[i].type), rows[i].want);
    pages = pv_pages_alloc(2);
    reg(&runstate_area, pages + PV_PAGE_SIZE - 20);
    check_true("with the assist: the area is kept, across a page's end",
               is_kept(&runstate_area, pages + PV_PAGE_SIZE - 20));
    memcpy(&r, pages + PV_PAGE_SIZE - 20, sizeof(r));
    check("with the assist: the mark of a change, seen by ourselves", (long)(r.state_entry_time >> 63), 0);
    reg(&runstate_area, NULL);
    check("vm_assist, disable runstate_update_flag",
          HYPERVISOR_vm_assist(VMASST_CMD_disable, VMASST_TYPE_runstate_update_flag), 0);
    pv_pages_free(pages, 2);
}
