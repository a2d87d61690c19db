/* What a guest tells the scheduler.
 *   sched_op(int cmd, void *argument)                    cmd: SCHEDOP_*
 *   sched_op_compat(int cmd, unsigned long argument)     yield, block; shutdown with the reason as argument
 * Source of all names, numbers and layouts: Xen 4.17 public/sched.h. */
#ifndef __XEN_PUBLIC_SCHED_H__
#define __XEN_PUBLIC_SCHED_H__

#include "event_channel.h"

#define SCHEDOP_yield 0              /* NULL: let others run first. Always 0 */
#define SCHEDOP_block 1              /* NULL: unmask upcalls, then sleep until one is due. Always 0 */
#define SCHEDOP_shutdown 2           /* sched_shutdown: stop all vcpus. Returns from SHUTDOWN_suspend only */
#define SCHEDOP_poll 3               /* sched_poll: sleep until a port is pending */
#define SCHEDOP_remote_shutdown 4    /* sched_remote_shutdown: stop another domain, as if it had asked to */
#define SCHEDOP_shutdown_code 5      /* sched_shutdown: remember a reason for a later crash or shutdown */
#define SCHEDOP_watchdog 6           /* sched_watchdog */
#define SCHEDOP_pin_override 7       /* sched_pin_override, the initial domain only */

/* Why a domain stopped; XEN_DOMCTL_getdomaininfo shows it to the tools. Kept as a value of at most 8 bits. */
#define SHUTDOWN_poweroff 0
#define SHUTDOWN_reboot 1
#define SHUTDOWN_suspend 2           /* RDX: mfn of start_info. Returns 0 in a new domain, 1 if called off */
#define SHUTDOWN_crash 3
#define SHUTDOWN_watchdog 4
#define SHUTDOWN_soft_reset 5        /* start over in the same memory */
#define SHUTDOWN_MAX 5

#ifndef __ASSEMBLY__

/* SCHEDOP_shutdown, SCHEDOP_shutdown_code. */
struct sched_shutdown {
    unsigned int reason;             /* SHUTDOWN_* */
};
typedef struct sched_shutdown sched_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_shutdown_t);
ABI_LAYOUT(struct sched_shutdown, 4, (reason, 0));

/* SCHEDOP_poll: returns 0 when one of the ports is pending, masked or not, or the time has come.
 * -XEN_EINVAL too many ports, or one that does not exist. */
struct sched_poll {
    XEN_GUEST_HANDLE(evtchn_port_t) ports;
    unsigned int nr_ports;           /* at most 128 */
    uint64_t timeout;                /* system time in ns; 0 for none */
};
typedef struct sched_poll sched_poll_t;
DEFINE_XEN_GUEST_HANDLE(sched_poll_t);
ABI_LAYOUT(struct sched_poll, 24, (ports, 0), (nr_ports, 8), (timeout, 16));

/* SCHEDOP_remote_shutdown. -XEN_ESRCH no such domain. */
struct sched_remote_shutdown {
    domid_t domain_id;
    unsigned int reason;             /* SHUTDOWN_* */
};
typedef struct sched_remote_shutdown sched_remote_shutdown_t;
DEFINE_XEN_GUEST_HANDLE(sched_remote_shutdown_t);
ABI_LAYOUT(struct sched_remote_shutdown, 8, (domain_id, 0), (reason, 4));

/* SCHEDOP_watchdog: a timer that stops the domain with SHUTDOWN_watchdog unless it is set again in time.
 * id 0 makes one and returns its id; otherwise `timeout` is set anew, or with 0 the timer is removed.
 * -XEN_EEXIST no timer left; -XEN_EINVAL no such id. */
struct sched_watchdog {
    uint32_t id;
    uint32_t timeout;                /* seconds from now */
};
typedef struct sched_watchdog sched_watchdog_t;
DEFINE_XEN_GUEST_HANDLE(sched_watchdog_t);
ABI_LAYOUT(struct sched_watchdog, 8, (id, 0), (timeout, 4));

/* SCHEDOP_pin_override: this vcpu runs on one CPU only, until it is called with a negative number. */
struct sched_pin_override {
    int32_t pcpu;
};
typedef struct sched_pin_override sched_pin_override_t;
DEFINE_XEN_GUEST_HANDLE(sched_pin_override_t);
ABI_LAYOUT(struct sched_pin_override, 4, (pcpu, 0));

#endif /* !__ASSEMBLY__ */

#endif /* __XEN_PUBLIC_SCHED_H__ */
