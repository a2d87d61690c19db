/* ports.c: calls of one line, and the bits of a port. */
#include "events.h"

#include <stdio.h>
#include <string.h>

#define WORDS 64

static xen_ulong_t saved_mask[WORDS];
static bool saved_upcalls;

long op(unsigned int cmd, void *arg)
{
    return HYPERVISOR_event_channel_op((int)cmd, arg);
}

long close_port(evtchn_port_t port)
{
    struct evtchn_close close = { .port = port };

    return op(EVTCHNOP_close, &close);
}

long send_port(evtchn_port_t port)
{
    struct evtchn_send send = { .port = port };

    return op(EVTCHNOP_send, &send);
}

long unmask_port(evtchn_port_t port)
{
    struct evtchn_unmask unmask = { .port = port };

    return op(EVTCHNOP_unmask, &unmask);
}

long status_of(evtchn_port_t port, struct evtchn_status *status)
{
    *status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
    return op(EVTCHNOP_status, status);
}

long alloc_for(domid_t dom, domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound alloc = { .dom = dom, .remote_dom = remote };
    long rc = op(EVTCHNOP_alloc_unbound, &alloc);

    *port = alloc.port;
    return rc;
}

long connect(domid_t remote, evtchn_port_t remote_port, evtchn_port_t *port)
{
    struct evtchn_bind_interdomain bind = { .remote_dom = remote, .remote_port = remote_port };
    long rc = op(EVTCHNOP_bind_interdomain, &bind);

    *port = bind.local_port;
    return rc;
}

long bind_virq(unsigned int virq, unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_virq bind = { .virq = virq, .vcpu = vcpu };
    long rc = op(EVTCHNOP_bind_virq, &bind);

    *port = bind.port;
    return rc;
}

long bind_ipi(unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi bind = { .vcpu = vcpu };
    long rc = op(EVTCHNOP_bind_ipi, &bind);

    *port = bind.port;
    return rc;
}

long bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
    struct evtchn_bind_vcpu bind = { .port = port, .vcpu = vcpu };

    return op(EVTCHNOP_bind_vcpu, &bind);
}

evtchn_port_t new_unbound(void)
{
    evtchn_port_t port;

    return alloc_for(DOMID_SELF, DOMID_SELF, &port) == 0 ? port : 0;
}

evtchn_port_t new_ipi(void)
{
    evtchn_port_t port;

    return bind_ipi(0, &port) == 0 ? port : 0;
}

void new_pair(evtchn_port_t *a, evtchn_port_t *b)
{
    *a = new_unbound();
    if (connect(own_domid, *a, b) != 0)
        *b = 0;
}

const char *kind_of(evtchn_port_t port)
{
    static const char *const names[] = { "closed", "unbound", "interdomain", "pirq", "virq", "ipi" };
    struct evtchn_status status;

    if (status_of(port, &status) != 0)
        return "none";
    return status.status < sizeof(names) / sizeof(names[0]) ? names[status.status] : "unknown";
}

evtchn_port_t lowest_free(void)
{
    evtchn_port_t port = new_unbound();

    if (port)
        close_port(port);
    return port;
}

/* An event may be under way that had seen its port not masked: it is given time to arrive. */
void quiet_begin(void)
{
    uint64_t end;
    unsigned int i;

    saved_upcalls = pv_upcalls_disable();
    for (i = 0; i < WORDS; i++)
        saved_mask[i] = __atomic_exchange_n(&pv_shared_info->evtchn_mask[i], ~0UL, __ATOMIC_SEQ_CST);
    for (end = pv_now_ns() + 100 * PV_NS_PER_US; pv_now_ns() < end;)
        ;
    __atomic_store_n(&vcpu0()->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&vcpu0()->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
}

/* All words are looked at again, so that nothing is lost that came before or meanwhile. */
void quiet_end(void)
{
    unsigned int i;

    for (i = 0; i < WORDS; i++)
        __atomic_store_n(&pv_shared_info->evtchn_mask[i], saved_mask[i], __ATOMIC_SEQ_CST);
    __atomic_store_n(&vcpu0()->evtchn_pending_sel, ~0UL, __ATOMIC_SEQ_CST);
    __atomic_store_n(&vcpu0()->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    pv_upcalls_restore(saved_upcalls);
}

static bool set_bit(xen_ulong_t *words, evtchn_port_t port, bool on)
{
    unsigned long bit = 1UL << port % 64, before;

    before = on ? __atomic_fetch_or(&words[port / 64], bit, __ATOMIC_SEQ_CST)
                : __atomic_fetch_and(&words[port / 64], ~bit, __ATOMIC_SEQ_CST);
    return before & bit;
}

static bool test_bit(const volatile xen_ulong_t *words, evtchn_port_t port)
{
    return words[port / 64] >> port % 64 & 1;
}

void set_masked(evtchn_port_t port, bool masked)
{
    set_bit(pv_shared_info->evtchn_mask, port, masked);
}

void set_pending(evtchn_port_t port, bool pending)
{
    set_bit(pv_shared_info->evtchn_pending, port, pending);
}

bool is_pending(evtchn_port_t port)
{
    return test_bit(pv_shared_info->evtchn_pending, port);
}

const char *bits_of(evtchn_port_t port)
{
    static char texts[4][40];
    static unsigned int next;
    char *text = texts[next++ % 4];
    const volatile struct vcpu_info *v = vcpu0();

    snprintf(text, sizeof(texts[0]), "%s%s%s%s", is_pending(port) ? " pending" : "",
             test_bit(pv_shared_info->evtchn_mask, port) ? " masked" : "",
             v->evtchn_pending_sel >> port / 64 & 1 ? " selector" : "", v->evtchn_upcall_pending ?
                 " upcall" : "");
    return *text ? text + 1 : "none";
}

void check_bits(const char *name, long got, long want, const char *bits, const char *want_bits)
{
    bool same = strcmp(bits, want_bits) == 0;

    check_state(name, got, want, same ? named("bits: %s", want_bits) : named("%s but %s", want_bits, bits),
                same);
}
