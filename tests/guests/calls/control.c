/* control.c: the control interface as the initial domain finds it, with wrong versions, commands, domains and
 * arguments. The class of bug: a control domain's mistake that becomes the hypervisor's. Nothing here changes
 * anything. */
#include "calls.h"
#include "case.h"
#include "place.h"

#include <string.h>
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

static long domctl(uint32_t cmd, domid_t dom)
{
    struct xen_domctl op = { .cmd = cmd, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = dom };

    return HYPERVISOR_domctl(&op);
}

/* The three calls begin alike: command, version. */
static void versions_and_pointers(void)
{
    static const struct {
        const char *name;
        unsigned int call;
        uint32_t version;
    } calls[] = {
        { "domctl", __HYPERVISOR_domctl, XEN_DOMCTL_INTERFACE_VERSION },
        { "sysctl", __HYPERVISOR_sysctl, XEN_SYSCTL_INTERFACE_VERSION },
        { "platform_op", __HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION },
    };
    static uint32_t words[256];
    char *gap = place_before_unmapped();
    unsigned int i, k;

    for (i = 0; i < 3; i++) {
        const struct {
            const char *what;
            uint32_t version;
        } wrong[] = { { "0", 0 }, { "one less", calls[i].version - 1 }, { "one more", calls[i].version + 1 },
                      { "2^32 - 1", 0xffffffff } };
        const struct {
            const char *what;
            void *at;
        } bad[] = { { "NULL", NULL }, { "unmapped", UNMAPPED },
                    { "at the hypervisor's address", HYPERVISOR_SPACE },
                    { "non-canonical", NON_CANONICAL }, { "half on an unmapped page", gap - 8 } };

        for (k = 0; k < 4; k++) {
            words[0] = 0;
            words[1] = wrong[k].version;
            check(named("%s, interface version %s", calls[i].name, wrong[k].what),
                  PV_HYPERCALL1(calls[i].call, words), -XEN_EACCES);
        }
        for (k = 0; k < 5; k++)
            check(named("%s, argument %s", calls[i].name, bad[k].what),
                  PV_HYPERCALL1(calls[i].call, bad[k].at),
                  -XEN_EFAULT);
    }
    place_end(gap);
}

static void unknown_commands(void)
{
    static const uint32_t domctls[] = { 0, 6, 7, 8, 30, 31, 32, 49, 87, 99, 999, 0x80000000, 0xffffffff };
    static const uint32_t sysctls[] = { 0, 13, 24, 28, 30, 31, 99, 0x80000000, 0xffffffff };
    static const uint32_t platforms[] = { 0, 1, 18, 30, 36, 47, 99, 0x80000000, 0xffffffff };
    unsigned int i;

    for (i = 0; i < sizeof(domctls) / sizeof(domctls[0]); i++)
        check(named("domctl %#x", domctls[i]), domctl(domctls[i], 0), -XEN_ENOSYS);
    for (i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
        struct xen_sysctl op = { .cmd = sysctls[i], .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

        check(named("sysctl %#x", sysctls[i]), HYPERVISOR_sysctl(&op), -XEN_ENOSYS);
    }
    for (i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++) {
        struct xen_platform_op op = { .cmd = platforms[i], .interface_version = XENPF_INTERFACE_VERSION };

        check(named("platform_op %#x", platforms[i]), HYPERVISOR_platform_op(&op), -XEN_ENOSYS);
    }
}

/* Commands on domains that are none. */
static void no_such_domain(void)
{
    static const struct {
        const char *name;
        uint32_t cmd;
    } rows[] = {
        { "destroydomain", XEN_DOMCTL_destroydomain },
        { "pausedomain", XEN_DOMCTL_pausedomain },
        { "unpausedomain", XEN_DOMCTL_unpausedomain },
        { "getdomaininfo", XEN_DOMCTL_getdomaininfo },
        { "setvcpuaffinity", XEN_DOMCTL_setvcpuaffinity },
        { "getvcpuaffinity", XEN_DOMCTL_getvcpuaffinity },
        { "max_mem", XEN_DOMCTL_max_mem },
        { "setvcpucontext", XEN_DOMCTL_setvcpucontext },
        { "getvcpucontext", XEN_DOMCTL_getvcpucontext },
        { "getvcpuinfo", XEN_DOMCTL_getvcpuinfo },
        { "max_vcpus", XEN_DOMCTL_max_vcpus },
        { "scheduler_op", XEN_DOMCTL_scheduler_op },
        { "setdomainhandle", XEN_DOMCTL_setdomainhandle },
        { "hypercall_init", XEN_DOMCTL_hypercall_init },
        { "settimeoffset", XEN_DOMCTL_settimeoffset },
        { "resumedomain", XEN_DOMCTL_resumedomain },
        { "sendtrigger", XEN_DOMCTL_sendtrigger },
        { "set_address_size", XEN_DOMCTL_set_address_size },
        { "get_address_size", XEN_DOMCTL_get_address_size },
        { "99", 99 },
    };
    static const struct {
        const char *name;
        domid_t dom;
    } nobodies[] = { { "nobody", NOBODY }, { "DOMID_SELF", DOMID_SELF }, { "65535", 0xffff } };
    unsigned int i, k;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (k = 0; k < 3; k++)
            check(named("domctl %s on %s", rows[i].name, nobodies[k].name),
                  domctl(rows[i].cmd, nobodies[k].dom),
                  rows[i].cmd == XEN_DOMCTL_getdomaininfo && k > 0 ? -XEN_EINVAL : -XEN_ESRCH);
}

static struct xen_domctl on_self(uint32_t cmd)
{
    return (struct xen_domctl){ .cmd = cmd, .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                                .domain = own_domid };
}

/* What may not be done to the caller itself, or with such numbers. */
static void on_ourselves(void)
{
    struct xen_domctl op;

    check("domctl destroydomain on ourselves", domctl(XEN_DOMCTL_destroydomain, own_domid), -XEN_EINVAL);
    check("domctl pausedomain on ourselves", domctl(XEN_DOMCTL_pausedomain, own_domid), -XEN_EINVAL);
    check("domctl unpausedomain, we are not paused", domctl(XEN_DOMCTL_unpausedomain, own_domid),
          -XEN_EINVAL);
    check("domctl resumedomain on ourselves", domctl(XEN_DOMCTL_resumedomain, own_domid), -XEN_EINVAL);
    check("domctl setvcpucontext on ourselves", domctl(XEN_DOMCTL_setvcpucontext, own_domid), -XEN_EINVAL);
    check("domctl getvcpucontext on ourselves", domctl(XEN_DOMCTL_getvcpucontext, own_domid), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_setvcpucontext);
    op.u.vcpucontext.vcpu = 999;
    check("domctl setvcpucontext, vcpu 999", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_getvcpucontext);
    op.u.vcpucontext.vcpu = 999;
    check("domctl getvcpucontext, vcpu 999", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_getvcpuinfo);
    op.u.getvcpuinfo.vcpu = 0xffffffff;
    check("domctl getvcpuinfo, vcpu 2^32 - 1", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_getvcpuaffinity);
    op.u.vcpuaffinity.vcpu = 999;
    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    check("domctl getvcpuaffinity, vcpu 999", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op.u.vcpuaffinity.vcpu = 0;
    op.u.vcpuaffinity.flags = 0;
    check("domctl getvcpuaffinity of no kind", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op.u.vcpuaffinity.flags = 0;
    op.cmd = XEN_DOMCTL_setvcpuaffinity;
    check("domctl setvcpuaffinity of no kind", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_scheduler_op);
    op.u.scheduler_op.sched_id = 99;
    op.u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    check("domctl scheduler_op, scheduler 99", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_set_address_size);
    op.u.address_size.size = 48;
    check("domctl set_address_size, 48 bits", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op = on_self(XEN_DOMCTL_sendtrigger);
    op.u.sendtrigger.trigger = 99;
    check("domctl sendtrigger 99", HYPERVISOR_domctl(&op), -XEN_ENOSYS);
    op.u.sendtrigger.vcpu = 999;
    check("domctl sendtrigger, vcpu 999", HYPERVISOR_domctl(&op), -XEN_ESRCH);
    op = on_self(XEN_DOMCTL_max_vcpus);
    op.u.max_vcpus.max = 0;
    check("domctl max_vcpus, 0", HYPERVISOR_domctl(&op), -XEN_EINVAL);
    op.u.max_vcpus.max = 0xffffffff;
    check("domctl max_vcpus, 2^32 - 1", HYPERVISOR_domctl(&op), -XEN_EINVAL);
}

/* Commands of Xen's that Enso does not have; on ourselves none does anything. */
static void not_on_ourselves(void)
{
    static const struct {
        const char *name;
        uint32_t cmd;
        long want;
    } rows[] = {
        { "shadow_op, XSA-64 XSA-280 XSA-427 XSA-438 XSA-495", XEN_DOMCTL_shadow_op, -XEN_EINVAL },
        { "gethvmcontext", XEN_DOMCTL_gethvmcontext, -XEN_EINVAL },
        { "set_ext_vcpucontext, XSA-53", XEN_DOMCTL_set_ext_vcpucontext, -XEN_ESRCH },
        { "mem_sharing_op", XEN_DOMCTL_mem_sharing_op, -XEN_ENOSYS },
        { "vm_event_op", XEN_DOMCTL_vm_event_op, -XEN_EINVAL },
        { "debug_op", XEN_DOMCTL_debug_op, -XEN_EINVAL },
        { "soft_reset", XEN_DOMCTL_soft_reset, -XEN_EINVAL },
        { "set_paging_mempool_size", XEN_DOMCTL_set_paging_mempool_size, -XEN_EOPNOTSUPP },
    };
    unsigned int i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("domctl %s", rows[i].name), domctl(rows[i].cmd, own_domid), rows[i].want);
}

static long ask_affinity(uint32_t bits, void *map)
{
    struct xen_domctl op = on_self(XEN_DOMCTL_getvcpuaffinity);

    op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = bits;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, (uint8_t *)map);
    return HYPERVISOR_domctl(&op);
}

static void cpu_maps(void)
{
    uint8_t map[34];
    unsigned int i, others = 0;
    long rc;

    memset(map, 0xa5, sizeof(map));
    rc = ask_affinity(256, map);
    for (i = 8; i < 32; i++)
        others |= map[i];
    check_state("domctl getvcpuaffinity, a map of 256 CPUs", rc, 0,
                "those that there cannot be are clear, nothing is written behind the map",
                (map[0] & 1) && others == 0 && map[32] == 0xa5);
    memset(map, 0xa5, sizeof(map));
    rc = ask_affinity(8, map);
    check_state("domctl getvcpuaffinity, a map of 8 CPUs", rc, 0, "nothing is written behind the map",
                (map[0] & 1) && map[1] == 0xa5);
    memset(map, 0xa5, sizeof(map));
    rc = ask_affinity(0, map);
    check_state("domctl getvcpuaffinity, a map of no CPUs", rc, 0, "nothing is written", map[0] == 0xa5);
    check("domctl getvcpuaffinity, a map that is nowhere", ask_affinity(64, UNMAPPED), -XEN_EFAULT);
    check("domctl getvcpuaffinity, a map at the hypervisor's address", ask_affinity(64, HYPERVISOR_SPACE),
          -XEN_EFAULT);
}

static void hypercall_pages(void)
{
    static const struct {
        const char *name;
        uint64_t frame;
    } rows[] = { { "beyond memory", 1UL << 36 }, { "2^40", 1UL << 40 }, { "2^52", 1UL << 52 },
                 { "2^64 - 1", ~0UL } };
    struct xen_domctl op;
    unsigned int i;
    char *page = pv_pages_alloc(1);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        op = on_self(XEN_DOMCTL_hypercall_init);
        op.u.hypercall_init.gmfn = rows[i].frame;
        check(named("domctl hypercall_init, frame %s, XSA-32", rows[i].name), HYPERVISOR_domctl(&op),
              -XEN_EINVAL);
    }
    make_read_only(page);
    mmuext1(MMUEXT_PIN_L1_TABLE, pv_virt_to_mfn(page));
    op = on_self(XEN_DOMCTL_hypercall_init);
    op.u.hypercall_init.gmfn = pv_virt_to_mfn(page);
    check_state("domctl hypercall_init, a page table", HYPERVISOR_domctl(&op), -XEN_EPERM, "it is as it was",
                *(uint64_t *)page == 0);
    mmuext1(MMUEXT_UNPIN_TABLE, pv_virt_to_mfn(page));
    make_writable(page);
    op = on_self(XEN_DOMCTL_hypercall_init);
    op.u.hypercall_init.gmfn = pv_virt_to_mfn(page);
    check_state("domctl hypercall_init, a page of ours", HYPERVISOR_domctl(&op), 0, "there is code",
                *(uint64_t *)page != 0);
    memset(page, 0, PV_PAGE_SIZE);
    pv_pages_free(page, 1);
}

static long create(domid_t dom, uint32_t flags, uint32_t vcpus)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain,
                             .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                             .domain = dom };

    op.u.createdomain.flags = flags;
    op.u.createdomain.max_vcpus = vcpus;
    return HYPERVISOR_domctl(&op);
}

static void creation(void)
{
    check("domctl createdomain, unknown flags", create(DOMID_INVALID, 0xffffff00, 1), -XEN_EINVAL);
    check("domctl createdomain, no vcpus", create(DOMID_INVALID, 0, 0), -XEN_EINVAL);
    check("domctl createdomain, 2^32 - 1 vcpus", create(DOMID_INVALID, 0, 0xffffffff), -XEN_EINVAL);
}

static void questions(void)
{
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    struct xen_domctl info = on_self(XEN_DOMCTL_getdomaininfo);
    static xen_domctl_getdomaininfo_t infos[4];

    check("domctl getdomaininfo on ourselves", HYPERVISOR_domctl(&info), 0);
    check_true("it names us", info.domain == own_domid && info.u.getdomaininfo.domain == own_domid);
    check_true("we run, on one vcpu or more", (info.u.getdomaininfo.flags & XEN_DOMINF_running) != 0 &&
               info.u.getdomaininfo.nr_online_vcpus >= 1);
    check("sysctl physinfo", HYPERVISOR_sysctl(&op), 0);
    check_true("it counts CPUs and memory", op.u.physinfo.nr_cpus >= 1 && op.u.physinfo.total_pages > 0 &&
               op.u.physinfo.free_pages < op.u.physinfo.total_pages);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getdomaininfolist,
                              .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    op.u.getdomaininfolist.max_domains = 1;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, (xen_domctl_getdomaininfo_t *)UNMAPPED);
    check("sysctl getdomaininfolist to nowhere", HYPERVISOR_sysctl(&op), -XEN_EFAULT);
    op.u.getdomaininfolist.max_domains = 0xffffffff;
    set_xen_guest_handle(op.u.getdomaininfolist.buffer, infos);
    check_state("sysctl getdomaininfolist of 2^32 - 1", HYPERVISOR_sysctl(&op), 0, "we are the only one",
                op.u.getdomaininfolist.num_domains == 1 && infos[0].domain == own_domid);
    op.u.getdomaininfolist.first_domain = NOBODY;
    check_state("sysctl getdomaininfolist from nobody on", HYPERVISOR_sysctl(&op), 0, "none is told",
                op.u.getdomaininfolist.num_domains == 0);
    op.u.getdomaininfolist.max_domains = 0;
    check_state("sysctl getdomaininfolist of none", HYPERVISOR_sysctl(&op), 0, "none is told",
                op.u.getdomaininfolist.num_domains == 0);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_readconsole,
                              .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    op.u.readconsole.count = 0;
    check("sysctl readconsole, no room", HYPERVISOR_sysctl(&op), 0);
    op.u.readconsole.count = 100;
    set_xen_guest_handle(op.u.readconsole.buffer, (char *)UNMAPPED);
    check("sysctl readconsole to nowhere", HYPERVISOR_sysctl(&op), -XEN_EFAULT);
    op = (struct xen_sysctl){ .cmd = XEN_SYSCTL_debug_keys,
                              .interface_version = XEN_SYSCTL_INTERFACE_VERSION };
    op.u.debug_keys.nr_keys = 1;
    set_xen_guest_handle(op.u.debug_keys.keys, (char *)UNMAPPED);
    check("sysctl debug_keys from nowhere", HYPERVISOR_sysctl(&op), -XEN_EFAULT);
}

static void clock(void)
{
    struct xen_platform_op op = { .cmd = XENPF_settime64, .interface_version = XENPF_INTERFACE_VERSION };
    uint32_t before = pv_shared_info->wc_sec;

    op.u.settime64.secs = 1;
    op.u.settime64.mbz = 1;
    check_state("platform_op settime64, a field that must be 0", HYPERVISOR_platform_op(&op), -XEN_EINVAL,
                "the wall clock is as it was", pv_shared_info->wc_sec == before);
    op = (struct xen_platform_op){ .cmd = XENPF_get_cpuinfo, .interface_version = XENPF_INTERFACE_VERSION };
    check("platform_op get_cpuinfo, CPU 0", HYPERVISOR_platform_op(&op), 0);
    check_true("it is online", (op.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE) != 0);
    op.u.pcpu_info.xen_cpuid = 9999;
    check("platform_op get_cpuinfo, CPU 9999", HYPERVISOR_platform_op(&op), 0);
    check_true("there is none", (op.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID) != 0);
}

void control(void)
{
    if (!pv_is_control_domain())
        return;
    versions_and_pointers();
    unknown_commands();
    no_such_domain();
    on_ourselves();
    not_on_ourselves();
    cpu_maps();
    hypercall_pages();
    creation();
    questions();
    clock();
}
