/* info.c: VCPUOP_register_vcpu_info: where a vcpu's record may go, and that what was pending goes with
 * it. The class of bug: a record written across a page's end, into a page table or another's frame, a
 * frame that may become a table although the hypervisor writes to it, an event lost in the move. */
#include "second.h"

#include <string.h>
#include <xen/sched.h>
#include <pv/memory.h>

enum where { DATA, READ_ONLY, TABLE, OWN_INFO, BEYOND, ALL_ONES, ZERO };

static char *page, *read_only, *table;

static uint64_t frame_of(enum where w)
{
    switch (w) {
    case DATA:
        return pv_virt_to_mfn(page);
    case READ_ONLY:
        return pv_virt_to_mfn(read_only);
    case TABLE:
        return pv_virt_to_mfn(table);
    case OWN_INFO:
        return pv_virt_to_mfn(pv_shared_info);
    case BEYOND:
        return 1UL << 40;
    case ALL_ONES:
        return ~0UL;
    default:
        return 0;
    }
}

static const struct row {
    const char *name;
    enum where where;
    uint32_t offset;
    long want;
} rows[] = {
    { "offset 4033", DATA, 4033, -XEN_ENXIO },
    { "offset 4064", DATA, 4064, -XEN_ENXIO },
    { "offset 4096", DATA, 4096, -XEN_ENXIO },
    { "offset 2^32 - 64", DATA, 0xffffffc0, -XEN_ENXIO },
    { "offset 4", DATA, 4, -XEN_ENXIO },
    { "offset 1", DATA, 1, -XEN_ENXIO },
    { "a frame beyond memory", BEYOND, 0, -XEN_EINVAL },
    { "frame ~0", ALL_ONES, 0, -XEN_EINVAL },
    { "frame 0", ZERO, 0, -XEN_EINVAL },
    { "a page table", TABLE, 0, -XEN_EINVAL },
};

static long reg(unsigned int vcpu, enum where w, uint32_t offset)
{
    struct vcpu_register_vcpu_info op = { .mfn = frame_of(w), .offset = offset };

    return HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, vcpu, &op);
}

/* On the second vcpu: moves its own record to the end of the page. The code that masks upcalls must know
 * where the mask is at each moment. */
static long move_own(void *arg)
{
    long rc;

    second_mask();
    rc = reg(SECOND, DATA, 4096 - sizeof(struct vcpu_info));
    if (rc == 0)
        second_info = arg;
    return rc;
}

static long unmask(void *arg)
{
    (void)arg;
    second_unmask();
    return 0;
}

static long fault(void *arg)
{
    return *(volatile char *)arg;
}

static void move_running(void)
{
    struct vcpu_info *old = &pv_shared_info->vcpu_info[SECOND];
    struct vcpu_info *moved = (struct vcpu_info *)(page + 4096 - sizeof(*moved));
    struct evtchn_bind_ipi bind = { .vcpu = SECOND };
    struct evtchn_send send;
    unsigned int was;

    HYPERVISOR_event_channel_op(EVTCHNOP_bind_ipi, &bind);
    second_port_open(bind.port);
    send.port = bind.port;
    check("VCPUOP_register_vcpu_info, another vcpu, which runs", reg(SECOND, DATA, 0), -XEN_EINVAL);
    old->arch.cr2 = 0x1234567;
    check("VCPUOP_register_vcpu_info, its own, up to the page's end", second_do(move_own, moved), 0);
    check_true("the old record's contents are there", moved->arch.cr2 == 0x1234567);
    check_true("upcalls are masked there as they were", moved->evtchn_upcall_mask == 1);
    check_true("all words of events count as pending there",
               moved->evtchn_upcall_pending == 1 && moved->evtchn_pending_sel == ~0UL);
    was = second_events[bind.port];
    HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
    second_do(unmask, NULL);
    check_true("an event comes by the new record", changes(&second_events[bind.port], was));
    check_true("upcalls are counted in the new one", moved->evtchn_upcall_pending == 0);
    old->evtchn_pending_sel = 0;
    old->evtchn_upcall_pending = 0;
    was = second_events[bind.port];
    HYPERVISOR_event_channel_op(EVTCHNOP_send, &send);
    check_true("another event comes too", changes(&second_events[bind.port], was));
    check_true("the old record is left alone",
               old->evtchn_pending_sel == 0 && old->evtchn_upcall_pending == 0);
    check("VCPUOP_register_vcpu_info, a second time", second_do(move_own, moved), -XEN_EINVAL);
    second_do(fault, UNMAPPED);
    check_true("a fault's address comes in the new record", moved->arch.cr2 == (uint64_t)UNMAPPED);
    check_true("its clock goes on in the new record",
               moved->time.version != 0 && (moved->time.version & 1) == 0);
    port_close(bind.port);
}

/* The frame is the hypervisor's to write now. */
static void frame(void)
{
    check("MMUEXT_PIN_L1_TABLE, a frame with a vcpu_info, mapped read-only",
          (make_read_only(page), mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(page))), -XEN_EINVAL);
    make_writable(page);
}

static void move_idle(void)
{
    struct vcpu_info *info;
    unsigned int spare = next_spare;

    info = &pv_shared_info->vcpu_info[spare];
    info->evtchn_upcall_pending = 0;
    info->arch.cr2 = 0xabc;
    check("VCPUOP_register_vcpu_info, one without a context, offset 128", reg(spare, DATA, 128), 0);
    check_true("its record is there", ((struct vcpu_info *)(page + 128))->arch.cr2 == 0xabc &&
               ((struct vcpu_info *)(page + 128))->evtchn_upcall_pending == 1);
    check("VCPUOP_register_vcpu_info, again", reg(spare, DATA, 256), -XEN_EINVAL);
    check("VCPUOP_register_vcpu_info, one without a context, a frame that is mapped read-only only",
          reg(spare + 1, READ_ONLY, 0), 0);
    next_spare += 2;
}

void test_info(void)
{
    unsigned int i;

    page = pv_pages_alloc(1);
    read_only = pv_pages_alloc(1);
    table = pv_pages_alloc(1);
    make_read_only(read_only);
    make_read_only(table);
    mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(table));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("VCPUOP_register_vcpu_info, %s", rows[i].name), reg(0, rows[i].where, rows[i].offset),
              rows[i].want);
    if (second_start()) {
        second_ports_reserve();
        move_running();
        frame();
        if (vcpu_total() > next_spare + 2)
            move_idle();
        second_ports_release();
        second_stop();
    }
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(table));
    make_writable(table);
}
