/* calls.c: hypercalls that need no set-up: numbers, sub-operations and pointers that are wrong, and the plain
 * right ones. The class of bug: a number used before it is checked, a pointer trusted. */
#include "case.h"

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
        check("console_io: a domU cannot read", HYPERVISOR_console_io(CONSOLEIO_read, 1, &byte), -XEN_EPERM);
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
    check("domctl is not for a domU", PV_HYPERCALL1(__HYPERVISOR_domctl, op), -XEN_EACCES);
    check("sysctl is not for a domU", PV_HYPERCALL1(__HYPERVISOR_sysctl, op), -XEN_EACCES);
    check("platform_op is not for a domU", PV_HYPERCALL1(__HYPERVISOR_platform_op, op), -XEN_EACCES);
}

void test_calls(void)
{
    numbers();
    version();
    sched();
    multicall();
    callbacks();
    assists();
    physdev();
    console();
    privileged();
}

const struct kernel kernel = {
    .name = "calls", .checks = "hypercalls that need no set-up",
    .groups = (const struct group[]){
        { "calls", test_calls, "numbers, sub-operations and pointers that are wrong, and the plain right ones" },
        { 0 },
    },
};
