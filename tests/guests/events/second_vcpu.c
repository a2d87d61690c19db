/* second_vcpu.c: ports that notify another vcpu. It is never started: its bits in shared_info tell what it
 * would be told. The class of bug: an event told to a vcpu that has not bound it. */
#include "events.h"

static bool told(unsigned int vcpu, evtchn_port_t port)
{
    return pv_shared_info->vcpu_info[vcpu].evtchn_pending_sel >> port / 64 & 1;
}

static void forget(void)
{
    pv_shared_info->vcpu_info[1].evtchn_pending_sel = 0;
    pv_shared_info->vcpu_info[1].evtchn_upcall_pending = 0;
}

static unsigned int vcpu_of(evtchn_port_t port)
{
    struct evtchn_status status;

    return status_of(port, &status) == 0 ? status.vcpu : 99;
}

/* Sends at `at`, which must tell vcpu 1 alone about `port`. */
static void tells_second(const char *name, evtchn_port_t at, evtchn_port_t port)
{
    bool right;
    long rc;

    quiet_begin();
    forget();
    set_masked(port, false);
    rc = send_port(at);
    right = told(1, port) && !told(0, port) && pv_shared_info->vcpu_info[1].evtchn_upcall_pending == 1 &&
            vcpu0()->evtchn_upcall_pending == 0;
    set_pending(port, false);
    forget();
    quiet_end();
    check_state(name, rc, 0, "vcpu 1 is told, and it alone", right);
}

static void virqs(void)
{
    static const unsigned int own[] = { VIRQ_TIMER, VIRQ_DEBUG, VIRQ_XENOPROF, VIRQ_XENPMU };
    evtchn_port_t port, first;
    unsigned int i;
    long rc;

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        rc = bind_virq(own[i], 1, &port);
        check_state(named("bind_virq %u on vcpu 1", own[i]), rc, 0, "its status says so", vcpu_of(port) == 1);
        if (rc)
            continue;
        check(named("bind_virq %u on vcpu 1 again", own[i]), bind_virq(own[i], 1, &first), -XEN_EEXIST);
        check(named("bind_vcpu of VIRQ %u on vcpu 1 to vcpu 0", own[i]), bind_vcpu(port, 0), -XEN_EINVAL);
        close_port(port);
    }
    check("bind_virq of VIRQ_DEBUG on vcpu 0", bind_virq(VIRQ_DEBUG, 0, &first), 0);
    check("bind_virq of VIRQ_DEBUG on vcpu 1 as well", bind_virq(VIRQ_DEBUG, 1, &port), 0);
    close_port(first);
    check("bind_virq of VIRQ_DEBUG on vcpu 1 after vcpu 0's was closed", bind_virq(VIRQ_DEBUG, 1, &first),
          -XEN_EEXIST);
    close_port(port);
    check("bind_virq of VIRQ_ARGO on vcpu 0", bind_virq(VIRQ_ARGO, 0, &port), 0);
    rc = bind_vcpu(port, 1);
    check_state("bind_vcpu of VIRQ_ARGO to vcpu 1", rc, 0, "its status says so", vcpu_of(port) == 1);
    check("bind_virq of VIRQ_ARGO again, after that", bind_virq(VIRQ_ARGO, 0, &first), -XEN_EEXIST);
    check("close it", close_port(port), 0);
    check("bind_virq of VIRQ_ARGO after that", bind_virq(VIRQ_ARGO, 0, &port), 0);
    close_port(port);
}

static void moved(void)
{
    evtchn_port_t a, b;
    long rc;

    new_pair(&a, &b);
    rc = bind_vcpu(a, 1);
    check_state("bind_vcpu of a connected port to vcpu 1", rc, 0, "its status says so, its peer's not",
                vcpu_of(a) == 1 && vcpu_of(b) == 0);
    tells_second("send to it", b, a);
    close_port(b);
    check("its vcpu when its peer was closed", vcpu_of(a), 1);
    check("bind_interdomain to it", connect(own_domid, a, &b), 0);
    check("its vcpu when it is connected again", vcpu_of(a), 1);
    check("bind_vcpu of a connected port to vcpu 2", bind_vcpu(a, 2), -XEN_ENOENT);
    close_port(a);
    close_port(b);
    a = new_unbound();
    check("its number's next user: vcpu", vcpu_of(a), 0);
    rc = bind_vcpu(a, 1);
    check_state("bind_vcpu of an unbound port to vcpu 1", rc, 0, "its status says so", vcpu_of(a) == 1);
    close_port(a);
}

static void ipis(void)
{
    evtchn_port_t port;
    long rc = bind_ipi(1, &port);
    bool right;

    check_state("bind_ipi to vcpu 1", rc, 0, "its status says so", vcpu_of(port) == 1);
    tells_second("send on it", port, port);
    check("bind_vcpu of it to vcpu 0", bind_vcpu(port, 0), -XEN_EINVAL);
    quiet_begin();
    forget();
    send_port(port);
    rc = unmask_port(port);
    right = told(1, port) && !told(0, port);
    set_pending(port, false);
    forget();
    quiet_end();
    check_state("unmask, with an event for vcpu 1", rc, 0, "vcpu 1 is told", right);
    close_port(port);
    check("bind_ipi to vcpu 2", bind_ipi(2, &port), -XEN_ENOENT);
    check("bind_virq of VIRQ_DEBUG on vcpu 2", bind_virq(VIRQ_DEBUG, 2, &port), -XEN_ENOENT);
    check("bind_virq of VIRQ_ARGO on vcpu 1", bind_virq(VIRQ_ARGO, 1, &port), -XEN_EINVAL);
}

void test_second_vcpu(void)
{
    if (pv_is_control_domain())
        return;
    virqs();
    moved();
    ipis();
}
