/* events.h: between the files of this kernel: one-line calls, and a look at a port's bits. */
#ifndef EVENTS_H
#define EVENTS_H

#include "case.h"

#include <xen/event_channel.h>

#define BEYOND 0xffffffffU      /* no table has this port */
#define NO_VCPU 999

long op(unsigned int cmd, void *arg);
long close_port(evtchn_port_t port);
long send_port(evtchn_port_t port);
long unmask_port(evtchn_port_t port);
long status_of(evtchn_port_t port, struct evtchn_status *status);
long alloc_for(domid_t dom, domid_t remote, evtchn_port_t *port);
long connect(domid_t remote, evtchn_port_t remote_port, evtchn_port_t *port);
long bind_virq(unsigned int virq, unsigned int vcpu, evtchn_port_t *port);
long bind_ipi(unsigned int vcpu, evtchn_port_t *port);
long bind_vcpu(evtchn_port_t port, unsigned int vcpu);

/* Ports that cannot fail to be had: of ourselves for ourselves. */
evtchn_port_t new_unbound(void);
evtchn_port_t new_ipi(void);
void new_pair(evtchn_port_t *a, evtchn_port_t *b);

/* "closed", "unbound" and so on, or "none" for a port that status refuses. */
const char *kind_of(evtchn_port_t port);

/* The port that the next operation is given; 0 if there is none. */
evtchn_port_t lowest_free(void);

/* Between these two no port is unmasked but by us and nothing reaches us, so that bits can be compared. No
 * printing in between. What came meanwhile is delivered at the end. */
void quiet_begin(void);
void quiet_end(void);

void set_masked(evtchn_port_t port, bool masked);
void set_pending(evtchn_port_t port, bool pending);
bool is_pending(evtchn_port_t port);

/* What the shared bits say about a port: "pending masked selector upcall", those that are set, or "none".
 * Selector and upcall are vcpu 0's. */
const char *bits_of(evtchn_port_t port);

/* A case about bits: answer, and bits as bits_of() told them. */
void check_bits(const char *name, long got, long want, const char *bits, const char *want_bits);

static inline struct vcpu_info *vcpu0(void)
{
    return &pv_shared_info->vcpu_info[0];
}

/* The groups. */
void test_fresh(void);
void test_arguments(void);
void test_numbers(void);
void test_domains(void);
void test_types(void);
void test_exhaustion(void);
void test_bindings(void);
void test_virqs(void);
void test_loop(void);
void test_closing(void);
void test_masking(void);
void test_delivery(void);
void test_polling(void);
void test_waiting(void);
void test_upcall(void);
void test_fifo(void);
void test_reset(void);
void test_pirqs(void);
void test_compat(void);
void test_second_vcpu(void);
void test_races(void);

#endif
