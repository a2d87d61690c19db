/* privileged.c: the control interface as everybody else finds it: refused, whatever the argument says. The
 * class of bug: a lock taken, an argument read or a domain looked for before the caller's right to it is
 * (XSA-492, XSA-499). */
#include "calls.h"
#include "case.h"

#include <string.h>
#include <xen/domctl.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

#define COMMANDS 101    /* numbers tried: more than there are */

static const struct control_call {
    const char *name;
    unsigned int call;
    uint32_t version;
} domctl = { "domctl", __HYPERVISOR_domctl, XEN_DOMCTL_INTERFACE_VERSION },
  sysctl = { "sysctl", __HYPERVISOR_sysctl, XEN_SYSCTL_INTERFACE_VERSION },
  platform = { "platform_op", __HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION };

static union {
    struct xen_domctl domctl;
    struct xen_sysctl sysctl;
    struct xen_platform_op platform;
    uint32_t words[1024];
} argument;

/* True if all commands are refused with -EPERM, where the argument's bytes are `fill`, the domain is
 * `dom`. */
static bool all_refused(const struct control_call *c, int fill, domid_t dom)
{
    uint32_t cmd;

    for (cmd = 0; cmd < COMMANDS; cmd++) {
        memset(&argument, fill, sizeof(argument));
        argument.words[0] = cmd;
        argument.words[1] = c->version;
        if (c->call == __HYPERVISOR_domctl)
            argument.domctl.domain = dom;
        if (PV_HYPERCALL1(c->call, &argument) != -XEN_EPERM)
            return false;
    }
    return true;
}

static void one_call(const struct control_call *c)
{
    const struct {
        const char *what;
        void *at;
        long want;
    } rows[] = {
        { "argument NULL", NULL, -XEN_EFAULT },
        { "argument unmapped", UNMAPPED, -XEN_EFAULT },
        { "argument at the hypervisor's address", HYPERVISOR_SPACE, -XEN_EFAULT },
        { "argument non-canonical", NON_CANONICAL, -XEN_EFAULT },
        { "argument of zeros", &argument, -XEN_EACCES },
    };
    unsigned int i;

    memset(&argument, 0, sizeof(argument));
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("a domU's %s, %s, XSA-492 XSA-499", c->name, rows[i].what),
              PV_HYPERCALL1(c->call, rows[i].at),
              rows[i].want);
}

/* Xen looks at the domain before it looks at the caller's rights; its answers to a domctl tell which
 * exist. */
static const struct sweep {
    const char *name;
    const struct control_call *call;
    int fill;
    domid_t dom;
    const char *want;
} sweeps[] = {
    { "domctl 0 to 100 on domain 0, XSA-492", &domctl, 0, 0, "not all -EPERM" },
    { "domctl 0 to 100 on nobody, XSA-492", &domctl, 0, NOBODY, "not all -EPERM" },
    { "domctl 0 to 100 on nobody, full of ones, XSA-492", &domctl, 0xff, NOBODY, "not all -EPERM" },
    { "domctl 0 to 100 on DOMID_SELF, XSA-492", &domctl, 0, DOMID_SELF, "not all -EPERM" },
    { "sysctl 0 to 100, XSA-499", &sysctl, 0, 0, "all -EPERM" },
    { "sysctl 0 to 100, full of ones, XSA-499", &sysctl, 0xff, 0, "all -EPERM" },
    { "platform_op 0 to 100, XSA-499", &platform, 0, 0, "all -EPERM" },
    { "platform_op 0 to 100, full of ones, XSA-499", &platform, 0xff, 0, "all -EPERM" },
};

void privileged(void)
{
    unsigned int i;

    if (pv_is_control_domain())
        return;
    one_call(&domctl);
    one_call(&sysctl);
    one_call(&platform);
    for (i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
        const struct sweep *s = &sweeps[i];

        check_text(named("a domU's %s", s->name),
                   all_refused(s->call, s->fill, s->dom) ? "all -EPERM" : "not all -EPERM", s->want);
    }
    check_text("a domU's domctl 0 to 100 on itself, XSA-492",
               all_refused(&domctl, 0, own_domid) ? "all -EPERM" : "not all -EPERM", "not all -EPERM");
}
