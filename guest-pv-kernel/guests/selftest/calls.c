/* calls.c: hypercalls that need no set-up: numbers, sub-operations and pointers that are wrong, and the plain
 * right ones. The class of bug: a number used before it is checked, a pointer trusted. */
#include "selftest.h"

#include <stdio.h>
#include <string.h>
#include <xen/callback.h>
#include <xen/features.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* Below the image nothing is mapped; these addresses belong to the hypervisor, and to nobody. */
#define UNMAPPED ((void *)0x1000)
#define HYPERVISOR_SPACE ((void *)0xffff820000000000)
#define NON_CANONICAL ((void *)0x0000900000000000)

static void numbers(void)
{
    check("hypercall 11 does not exist", PV_HYPERCALL1(11, 0), -XEN_ENOSYS);
    check("hypercall 47 does not exist", PV_HYPERCALL1(47, 0), -XEN_ENOSYS);
    check("hypercall 55 does not exist", PV_HYPERCALL1(55, 0), -XEN_ENOSYS);
    check("hypercall 63 does not exist", PV_HYPERCALL1(63, 0), -XEN_ENOSYS);
    check("hypercall 64 does not exist", PV_HYPERCALL1(64, 0), -XEN_ENOSYS);
    check("hypercall 1000000 does not exist", PV_HYPERCALL1(1000000, 0), -XEN_ENOSYS);
    check("hypercall 2^32 does not exist", PV_HYPERCALL1(1UL << 32, 0), -XEN_ENOSYS);
    check("hypercall 2^32 + 17 does not exist", PV_HYPERCALL1((1UL << 32) + 17, 0), -XEN_ENOSYS);
    check("hypercall -1 does not exist", PV_HYPERCALL1(~0UL, 0), -XEN_ENOSYS);
}

static void version(void)
{
    xen_feature_info_t features = { 0 };
    xen_platform_parameters_t params;
    xen_capabilities_info_t caps = "";
    xen_compile_info_t compile;
    xen_domain_handle_t handle;

    check("xen_version: version 4.17", HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
    check("xen_version: pagesize", HYPERVISOR_xen_version(XENVER_pagesize, NULL), 4096);
    check("xen_version: unknown sub-op", HYPERVISOR_xen_version(99, NULL), -XEN_ENOSYS);
    check("xen_version: sub-op -1", HYPERVISOR_xen_version(-1, NULL), -XEN_ENOSYS);
    check("xen_version: features", HYPERVISOR_xen_version(XENVER_get_features, &features), 0);
    check("xen_version: mmu_pt_update_preserve_ad is offered",
          features.submap >> XENFEAT_mmu_pt_update_preserve_ad & 1, 1);
    check("xen_version: no auto-translation", features.submap >> XENFEAT_auto_translated_physmap & 1, 0);
    check("xen_version: page tables are not writable", features.submap >> XENFEAT_writable_page_tables & 1,
          0);
    check("xen_version: the dom0 feature tells who we are", features.submap >> XENFEAT_dom0 & 1,
          pv_is_control_domain());
    features.submap_idx = 7;
    check("xen_version: features beyond the last word",
          HYPERVISOR_xen_version(XENVER_get_features, &features), -XEN_EINVAL);
    check("xen_version: platform parameters", HYPERVISOR_xen_version(XENVER_platform_parameters, &params), 0);
    check("xen_version: capabilities", HYPERVISOR_xen_version(XENVER_capabilities, caps), 0);
    check_true("xen_version: 64-bit PV is among them", strstr(caps, "xen-3.0-x86_64") != NULL);
    check("xen_version: compile info", HYPERVISOR_xen_version(XENVER_compile_info, &compile), 0);
    check("xen_version: guest handle", HYPERVISOR_xen_version(XENVER_guest_handle, handle), 0);
    check("xen_version: unmapped pointer", HYPERVISOR_xen_version(XENVER_get_features, UNMAPPED),
          -XEN_EFAULT);
    check("xen_version: the hypervisor's address",
          HYPERVISOR_xen_version(XENVER_get_features, HYPERVISOR_SPACE), -XEN_EFAULT);
    check("xen_version: a non-canonical address",
          HYPERVISOR_xen_version(XENVER_get_features, NON_CANONICAL), -XEN_EFAULT);
    check("xen_version: a read-only page", HYPERVISOR_xen_version(XENVER_compile_info, pv_image_start),
          -XEN_EFAULT);
}

static void sched(void)
{
    struct sched_poll poll = { .nr_ports = 0, .timeout = 0 };
    evtchn_port_t port = 100000;
    unsigned int bad = 0;

    check("sched_op: yield", HYPERVISOR_sched_op(SCHEDOP_yield, NULL), 0);
    check("sched_op: unknown sub-op", HYPERVISOR_sched_op(99, NULL), -XEN_ENOSYS);
    check("sched_op: shutdown, unmapped argument", HYPERVISOR_sched_op(SCHEDOP_shutdown, UNMAPPED),
          -XEN_EFAULT);
    check("sched_op: poll, unmapped argument", HYPERVISOR_sched_op(SCHEDOP_poll, UNMAPPED), -XEN_EFAULT);
    poll.timeout = pv_now_ns() + 20 * PV_NS_PER_MS;
    while (pv_now_ns() < poll.timeout)    /* an event ends a poll early */
        bad += HYPERVISOR_sched_op(SCHEDOP_poll, &poll) != 0;
    check("sched_op: polls without ports end by their timeout", bad, 0);
    poll.timeout = 1;
    check("sched_op: poll with a timeout in the past returns", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), 0);
    poll.nr_ports = 129;
    set_xen_guest_handle(poll.ports, &port);
    check("sched_op: poll of too many ports", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL);
    poll.nr_ports = 1;
    check("sched_op: poll of a port beyond the table", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL);
    set_xen_guest_handle(poll.ports, (evtchn_port_t *)UNMAPPED);
    check("sched_op: poll, unmapped ports", HYPERVISOR_sched_op(SCHEDOP_poll, &poll), -XEN_EFAULT);
}

static void multicall(void)
{
    static struct multicall_entry calls[4];
    struct multicall_entry inner = { .op = __HYPERVISOR_xen_version };

    calls[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } };
    calls[1] = (struct multicall_entry){ .op = 60 };
    calls[2] = (struct multicall_entry){ .op = __HYPERVISOR_multicall, .args = { (unsigned long)&inner, 1 } };
    calls[3] = (struct multicall_entry){ .op = __HYPERVISOR_sched_op, .args = { SCHEDOP_yield } };
    check("multicall of four", HYPERVISOR_multicall(calls, 4), 0);
    check("multicall: first result", (long)calls[0].result, 4096);
    check("multicall: unknown hypercall inside", (long)calls[1].result, -XEN_ENOSYS);
    check("multicall inside a multicall", (long)calls[2].result, -XEN_EINVAL);
    check("multicall: goes on behind failures", (long)calls[3].result, 0);
    check("multicall of none", HYPERVISOR_multicall(calls, 0), 0);
    check("multicall, unmapped list", HYPERVISOR_multicall(UNMAPPED, 1), -XEN_EFAULT);
    check("multicall, list in the hypervisor's space", HYPERVISOR_multicall(HYPERVISOR_SPACE, 1),
          -XEN_EFAULT);
}

static void vcpu(void)
{
    static volatile struct vcpu_runstate_info area __attribute__((aligned(4096)));
    struct vcpu_register_runstate_memory_area where = { .addr.v = (void *)&area };
    struct vcpu_register_vcpu_info info = { .mfn = pv_virt_to_mfn((void *)&area), .offset = 4096 - 32 };
    struct vcpu_runstate_info now;
    struct vcpu_set_periodic_timer periodic = { .period_ns = 500000 };
    struct sched_poll poll = { .nr_ports = 0 };
    unsigned int i;
    uint64_t blocked;

    check("vcpu_op: our vcpu is up", HYPERVISOR_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    check("vcpu_op: no vcpu 999", HYPERVISOR_vcpu_op(VCPUOP_is_up, 999, NULL), -XEN_ENOENT);
    check("vcpu_op: no vcpu -1", HYPERVISOR_vcpu_op(VCPUOP_is_up, ~0U, NULL), -XEN_ENOENT);
    check("vcpu_op: unknown sub-op", HYPERVISOR_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
    check("vcpu_op: up again", HYPERVISOR_vcpu_op(VCPUOP_up, 0, NULL), 0);
    check("vcpu_op: initialise, unmapped context", HYPERVISOR_vcpu_op(VCPUOP_initialise, 0, UNMAPPED),
          -XEN_EFAULT);
    check("vcpu_op: runstate", HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, &now), 0);
    check("vcpu_op: we are running", now.state, RUNSTATE_running);
    check_true("vcpu_op: and have been", now.time[RUNSTATE_running] > 0);
    check("vcpu_op: runstate, unmapped", HYPERVISOR_vcpu_op(VCPUOP_get_runstate_info, 0, UNMAPPED),
          -XEN_EFAULT);
    check("vcpu_op: runstate area", HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    check("vcpu_op: the area says running", area.state, RUNSTATE_running);
    blocked = area.time[RUNSTATE_blocked];
    for (i = 0; i < 100 && area.time[RUNSTATE_blocked] == blocked; i++) {
        poll.timeout = pv_now_ns() + 2 * PV_NS_PER_MS;
        HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
    }
    check_true("vcpu_op: the area counts waiting", area.time[RUNSTATE_blocked] > blocked);
    where.addr.v = NULL;
    check("vcpu_op: runstate area off", HYPERVISOR_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where),
          0);
    check("vcpu_op: periodic timer below a millisecond",
          HYPERVISOR_vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic), -XEN_EINVAL);
    check("vcpu_op: vcpu_info across a page's end",
          HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &info), -XEN_ENXIO);
    info = (struct vcpu_register_vcpu_info){ .mfn = 1UL << 40, .offset = 0 };
    check("vcpu_op: vcpu_info in no frame", HYPERVISOR_vcpu_op(VCPUOP_register_vcpu_info, 0, &info),
          -XEN_EINVAL);
}

static void memory(void)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    struct xen_machphys_mapping map = { 0 };
    domid_t self = DOMID_SELF, nobody = 0x7123;
    xen_pfn_t frame = 1UL << 40;
    long now = HYPERVISOR_memory_op(XENMEM_current_reservation, &self);

    check_true("memory_op: we have at least the pages of start_info", now >= (long)pv_start_info->nr_pages);
    check_true("memory_op: and at most the maximum",
               HYPERVISOR_memory_op(XENMEM_maximum_reservation, &self) >= now);
    check_nobody("memory_op: reservation of nobody",
                 HYPERVISOR_memory_op(XENMEM_current_reservation, &nobody));
    check_true("memory_op: the host has memory", HYPERVISOR_memory_op(XENMEM_maximum_ram_page, NULL) > now);
    check("memory_op: unknown sub-op", HYPERVISOR_memory_op(60, NULL), -XEN_ENOSYS);
    check("memory_op: unmapped argument", HYPERVISOR_memory_op(XENMEM_current_reservation, UNMAPPED),
          -XEN_EFAULT);
    check("memory_op: machphys mapping", HYPERVISOR_memory_op(XENMEM_machphys_mapping, &map), 0);
    check("memory_op: it is where the ABI says", (long)map.v_start, (long)MACH2PHYS_VIRT_START);
    check_true("memory_op: its size makes sense", map.max_mfn >= pv_start_info->nr_pages);
    set_xen_guest_handle(r.extent_start, &frame);
    check("memory_op: giving back a frame that is none",
          HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
    frame = 0;
    check("memory_op: giving back another's frame", HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
    r.extent_order = 40;
    check("memory_op: an extent of 2^40 frames", HYPERVISOR_memory_op(XENMEM_decrease_reservation, &r), 0);
    r = (struct xen_memory_reservation){ .nr_extents = 1UL << 60, .domid = DOMID_SELF };
    check("memory_op: 2^60 extents", HYPERVISOR_memory_op(XENMEM_populate_physmap, &r), 0);
}

static void callbacks(void)
{
    struct callback_register reg = { .type = CALLBACKTYPE_event, .address = 0x0000900000000000UL };
    struct callback_unregister unreg = { .type = CALLBACKTYPE_event };
    struct xennmi_callback nmi = { 0 };

    check("callback_op: non-canonical address", HYPERVISOR_callback_op(CALLBACKOP_register, &reg),
          -XEN_EINVAL);
    reg = (struct callback_register){ .type = 99, .address = (unsigned long)pv_image_start };
    check("callback_op: unknown type", HYPERVISOR_callback_op(CALLBACKOP_register, &reg), -XEN_ENOSYS);
    check("callback_op: event cannot be unregistered",
          HYPERVISOR_callback_op(CALLBACKOP_unregister, &unreg), -XEN_EINVAL);
    check("callback_op: unknown command", HYPERVISOR_callback_op(9, &reg), -XEN_ENOSYS);
    check("callback_op: unmapped argument", HYPERVISOR_callback_op(CALLBACKOP_register, UNMAPPED),
          -XEN_EFAULT);
    check("nmi_op: unknown command", HYPERVISOR_nmi_op(9, &nmi), -XEN_ENOSYS);
    check("nmi_op: unregister", HYPERVISOR_nmi_op(XENNMI_unregister_callback, NULL), 0);
}

static void assists(void)
{
    check("vm_assist: writable page tables on", HYPERVISOR_vm_assist(VMASST_CMD_enable, 2), 0);
    check("vm_assist: and off", HYPERVISOR_vm_assist(VMASST_CMD_disable, 2), 0);
    check("vm_assist: unknown assist", HYPERVISOR_vm_assist(VMASST_CMD_enable, 31), -XEN_EINVAL);
    check("vm_assist: assist 1000", HYPERVISOR_vm_assist(VMASST_CMD_enable, 1000), -XEN_EINVAL);
    check("vm_assist: unknown command", HYPERVISOR_vm_assist(9, 2), -XEN_ENOSYS);
}

static void physdev(void)
{
    struct physdev_set_iopl iopl = { .iopl = 4 };
    struct physdev_set_iobitmap bitmap = { .nr_ports = 65537 };

    check("physdev_op: I/O level 4", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL);
    iopl.iopl = 0;
    check("physdev_op: I/O level 0", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
    check("physdev_op: 65537 ports", HYPERVISOR_physdev_op(PHYSDEVOP_set_iobitmap, &bitmap), -XEN_EINVAL);
    check("physdev_op: unmapped argument", HYPERVISOR_physdev_op(PHYSDEVOP_set_iopl, UNMAPPED), -XEN_EFAULT);
    check("physdev_op: unknown sub-op", HYPERVISOR_physdev_op(99, &iopl), -XEN_ENOSYS);
}

static void console(void)
{
    char byte;

    if (!pv_is_control_domain()) {
        check_refused("console_io: a domU cannot read", HYPERVISOR_console_io(CONSOLEIO_read, 1, &byte));
        return;
    }
    check("console_io: nothing", HYPERVISOR_console_io(CONSOLEIO_write, 0, NULL), 0);
    check("console_io: unmapped text", HYPERVISOR_console_io(CONSOLEIO_write, 4, UNMAPPED), -XEN_EFAULT);
    check("console_io: unknown command", HYPERVISOR_console_io(9, 0, NULL), -XEN_ENOSYS);
    check("console_io: no input now", HYPERVISOR_console_io(CONSOLEIO_read, 1, &byte), 0);
}

static void privileged(void)
{
    static uint64_t op[64];

    if (pv_is_control_domain())
        return;
    check_refused("domctl is not for a domU", PV_HYPERCALL1(__HYPERVISOR_domctl, op));
    check_refused("sysctl is not for a domU", PV_HYPERCALL1(__HYPERVISOR_sysctl, op));
    check_refused("platform_op is not for a domU", PV_HYPERCALL1(__HYPERVISOR_platform_op, op));
}

void test_calls(void)
{
    numbers();
    version();
    sched();
    multicall();
    vcpu();
    memory();
    callbacks();
    assists();
    physdev();
    console();
    privileged();
}
