/* xen_version: what this is. Texts are copied whole, with zeros behind them. */
#include <xen/errno.h>
#include <xen/version.h>
#include "boot/boot-info.h"
#include "dispatch/dispatch.h"
#include "domain/domain.h"
#include "lib/lib.h"
#include "memory/guest-access.h"

#define VERSION_MAJOR 4     /* of the interface that guests find */
#define VERSION_MINOR 17

static long give_text(guest_addr_t arg, const char *text, size_t size)
{
    size_t used = strnlen(text, size - 1);

    if (copy_to_guest_bytes(arg, text, used) || clear_guest(guest_add(arg, used), size - used))
        return refuse(-XEN_EFAULT, "xen_version: text");
    return 0;
}

static long give_compile_info(guest_addr_t arg)
{
    struct xen_compile_info info = { .compile_by = "enso", .compile_domain = "" };

    strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
    return copy_to_guest_bytes(arg, &info, sizeof(info)) ? -XEN_EFAULT : 0;
}

static long give_features(guest_addr_t arg)
{
    struct xen_feature_info info;

    if (copy_from_guest(&info, arg, sizeof(info)))
        return refuse(-XEN_EFAULT, "xen_version: features");
    if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
        return refuse(-XEN_EINVAL, "xen_version: feature word %u", info.submap_idx);
    info.submap = 1U << XENFEAT_mmu_pt_update_preserve_ad | 1U << XENFEAT_highmem_assist |
                  1U << XENFEAT_gnttab_map_avail_bits | 1U << XENFEAT_direct_mapped;
    if (current->domain->control)
        info.submap |= 1U << XENFEAT_dom0;
    return copy_to_guest(arg, &info, sizeof(info)) ? -XEN_EFAULT : 0;
}

static long give_platform_parameters(guest_addr_t arg)
{
    struct xen_platform_parameters p = { .virt_start = HYPERVISOR_START };

    return copy_to_guest(arg, &p, sizeof(p)) ? -XEN_EFAULT : 0;
}

static long give_handle(guest_addr_t arg)
{
    uint64_t handle[2];

    memcpy(handle, current->domain->handle, sizeof(handle));
    return copy_to_guest(arg, handle, sizeof(handle)) ? -XEN_EFAULT : 0;
}

/* What others may not know is one word, with nothing behind it. */
static long give_commandline(guest_addr_t arg)
{
    static const char denied[] = "<denied>";

    if (current->domain->control)
        return give_text(arg, boot_info.cmdline, sizeof(xen_commandline_t));
    return copy_to_guest_bytes(arg, denied, sizeof(denied)) ? -XEN_EFAULT : 0;
}

static long give_more(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case XENVER_extraversion:
        return give_text(arg, "-enso", sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return give_compile_info(arg);
    case XENVER_capabilities:
        return give_text(arg, "xen-3.0-x86_64 ", sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return give_text(arg, "enso", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return give_platform_parameters(arg);
    case XENVER_get_features:
        return give_features(arg);
    case XENVER_guest_handle:
        return give_handle(arg);
    case XENVER_commandline:
        return give_commandline(arg);
    case XENVER_build_id:
        return -XEN_ENODATA;
    default:
        return refuse(-XEN_ENOSYS, "xen_version %u", cmd);
    }
}

long hypercall_xen_version(uint32_t cmd, guest_addr_t arg)
{
    switch (cmd) {
    case XENVER_version:
        return VERSION_MAJOR << 16 | VERSION_MINOR;
    case XENVER_pagesize:
        return arg.a ? refuse(-XEN_EINVAL, "xen_version: pagesize has no argument") : (long)PAGE_SIZE;
    default:
        return give_more(cmd, arg);
    }
}
