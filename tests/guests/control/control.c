/* control.c: operations of the control interface that Enso leaves out by design: following a domain's
 * writes and translating its memory by shadow page tables, suspend, CPUs that come and go. The initial
 * domain tries them on a domain that it makes for that; a domU must not have any of them. */
#include "case.h"

#include <string.h>
#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

static domid_t subject = NOBODY;

static long domctl(struct xen_domctl *op, uint32_t cmd)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    return HYPERVISOR_domctl(op);
}

/* A domain with one vcpu and no memory. */
static void make_subject(void)
{
    struct xen_domctl op = { .domain = 0 };
    long rc;

    op.u.createdomain.max_vcpus = 1;
    op.u.createdomain.max_evtchn_port = 1023;
    op.u.createdomain.max_grant_frames = 4;
    op.u.createdomain.max_maptrack_frames = 1;
    op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    rc = domctl(&op, XEN_DOMCTL_createdomain);
    check("createdomain", rc, by_role(-XEN_EPERM, 0));
    if (rc != 0)
        return;
    subject = op.domain;
    memset(&op, 0, sizeof(op));
    op.domain = subject;
    op.u.max_vcpus.max = 1;
    check("max_vcpus, 1", domctl(&op, XEN_DOMCTL_max_vcpus), 0);
}

static void unmake_subject(void)
{
    struct xen_domctl op = { .domain = subject };
    long rc;

    do
        rc = domctl(&op, XEN_DOMCTL_destroydomain);
    while (rc == -XEN_EAGAIN);
    check("destroydomain", rc, by_role(-XEN_ESRCH, 0));
}

static void shadow(void)
{
    static const struct {
        const char *name;
        uint32_t op, mode, mb;
        long want;
    } rows[] = {
        { "OP_ENABLE, refcount, XSA-249 XSA-250 XSA-280",
          XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT, 0, -XEN_EINVAL },
        { "OP_ENABLE, log dirty, XSA-64 XSA-251 XSA-427",
          XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY, 0, -XEN_EOPNOTSUPP },
        { "OP_ENABLE, translate, XSA-294",
          XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE, 0, -XEN_EINVAL },
        { "OP_ENABLE, external, XSA-408",
          XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_EXTERNAL, 0, -XEN_EINVAL },
        { "OP_ENABLE_TEST, XSA-438 XSA-494",
          XEN_DOMCTL_SHADOW_OP_ENABLE_TEST, 0, 0, -XEN_EINVAL },
        { "OP_ENABLE_LOGDIRTY, XSA-64 XSA-251",
          XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, 0, -XEN_EOPNOTSUPP },
        { "OP_SET_ALLOCATION, 1 MiB, XSA-427",
          XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, 0, 1, -XEN_EINVAL },
        { "OP_GET_ALLOCATION, XSA-495",
          XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, 0, 0, -XEN_EINVAL },
        { "OP_PEEK, XSA-495",
          XEN_DOMCTL_SHADOW_OP_PEEK, 0, 0, 0 },
        { "OP_CLEAN, XSA-495",
          XEN_DOMCTL_SHADOW_OP_CLEAN, 0, 0, 0 },
        { "OP_OFF, XSA-438",
          XEN_DOMCTL_SHADOW_OP_OFF, 0, 0, -XEN_EINVAL },
        { "operation 99, XSA-494",
          99, 0, 0, -XEN_EINVAL },
    };
    static const char *const on[] = { "another domain", "ourselves" };
    struct xen_domctl op;
    unsigned int i, who;

    make_subject();
    for (who = 0; who < 2; who++) {
        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            memset(&op, 0, sizeof(op));
            op.domain = who ? own_domid : subject;
            op.u.shadow_op.op = rows[i].op;
            op.u.shadow_op.mode = rows[i].mode;
            op.u.shadow_op.mb = rows[i].mb;
            check(named("shadow_op on %s, %s", on[who], rows[i].name), domctl(&op, XEN_DOMCTL_shadow_op),
                  who ? by_role(-XEN_EPERM, -XEN_EINVAL) : by_role(-XEN_ESRCH, rows[i].want));
        }
    }
    unmake_subject();
}

static long platform(uint32_t cmd, struct xen_platform_op *op)
{
    op->cmd = cmd;
    op->interface_version = XENPF_INTERFACE_VERSION;
    return HYPERVISOR_platform_op(op);
}

static void power(void)
{
    struct xen_platform_op op = { 0 };
    struct xen_sysctl hotplug = {
        .cmd = XEN_SYSCTL_cpu_hotplug, .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
    };

    op.u.enter_acpi_sleep.sleep_state = 9;
    check("XENPF_enter_acpi_sleep, a state that is none, XSA-377", platform(XENPF_enter_acpi_sleep, &op),
          by_role(-XEN_EPERM, -XEN_EINVAL));
    memset(&op, 0, sizeof(op));
    op.u.cpu_ol.cpuid = 999;
    check("XENPF_cpu_online, CPU 999, XSA-244", platform(XENPF_cpu_online, &op),
          by_role(-XEN_EPERM, -XEN_EINVAL));
    check("XENPF_cpu_offline, CPU 999, XSA-244", platform(XENPF_cpu_offline, &op),
          by_role(-XEN_EPERM, -XEN_EINVAL));
    check("cpu_hotplug, CPU 0 online, XSA-244", HYPERVISOR_sysctl(&hotplug),
          by_role(-XEN_EPERM, -XEN_EEXIST));
}

const struct kernel kernel = {
    .name = "control", .checks = "what the control interface must not offer",
    .groups = (const struct group[]){
        { "shadow", shadow, "shadow page tables and logs of written frames" },
        { "power", power, "suspend, CPUs that come and go" },
        { 0 },
    },
};
