/* main.c: runs a kernel's groups: all, or those that the command line names. The last line is the result. */
#include "case.h"
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <pv/sched.h>

domid_t own_domid;

/* The hypervisor tells the number of the domain for which an unbound port is open. */
static domid_t find_own_domid(void)
{
    struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_status status = { .dom = DOMID_SELF };
    struct evtchn_close close;

    HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
    status.port = close.port = alloc.port;
    HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);
    HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
    return status.u.unbound.dom;
}

/* True if the hypervisor says that it is Enso. Not for cases. */
static bool on_enso(void)
{
    xen_extraversion_t extra = "";

    HYPERVISOR_xen_version(XENVER_extraversion, extra);
    return strstr(extra, "-enso") != NULL;
}

/* As the initial domain of Enso, asks it to check its books: it prints "audit: N wrong". Elsewhere whoever
 * started this domain does that. */
static void audit(void)
{
    static char key = 'a';
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    set_xen_guest_handle(op.u.debug_keys.keys, &key);
    op.u.debug_keys.nr_keys = 1;
    if (HYPERVISOR_sysctl(&op) != 0)
        printf("%s: the hypervisor did not audit itself\n", kernel.name);
}

static bool wanted(const char *name, int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    const struct group *g;

    own_domid = find_own_domid();
    printf("%s: %s\n", kernel.name, kernel.checks);
    printf("%s: on %s, as %s\n", kernel.name, on_enso() ? "Enso" : "Xen",
           pv_is_control_domain() ? "the initial domain" : "a domU");
    probe_init();
    for (g = kernel.groups; g->name; g++) {
        if (!wanted(g->name, argc, argv))
            continue;
        printf("%s/%s: %s\n", kernel.name, g->name, g->checks);
        begin_group(g->name);
        g->run();
    }
    if (pv_is_control_domain() && on_enso())
        audit();
    print_summary();
    fflush(stdout);
    pv_sleep_ns(PV_NS_PER_SEC / 5);    /* the console's other end may still be reading */
    pv_shutdown(SHUTDOWN_poweroff);
}
