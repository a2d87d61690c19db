/* race.c: a second vcpu opens, closes, connects and sends while we do. Who comes first is open; what must
 * hold is what each is told, and that no port is lost or given twice. As a domU, which has two vcpus here. */
#include "events.h"
#include "worker.h"

#include <string.h>

#define ROUNDS 2000

static volatile bool stop;
static volatile unsigned int turns, wrong;
static volatile evtchn_port_t target;

static void begin(void (*fn)(void *))
{
    stop = false;
    turns = wrong = 0;
    worker_begin(fn, NULL);
    while (turns == 0)
        continue;
}

static bool end(void)
{
    stop = true;
    return worker_end();
}

static void send_all_the_time(void *arg)
{
    (void)arg;
    while (!stop) {
        long rc = send_port(target);

        wrong += rc != 0 && rc != -XEN_EINVAL;
        turns++;
    }
}

/* The port comes and goes, unbound, connected, and as an IPI's. */
static void sending(void)
{
    unsigned int i, good = 0;
    evtchn_port_t a, b;
    bool answered;

    target = lowest_free();
    begin(send_all_the_time);
    for (i = 0; i < ROUNDS; i++) {
        a = new_unbound();
        good += a == target && connect(own_domid, a, &b) == 0 && close_port(a) == 0 && close_port(b) == 0 &&
                new_ipi() == target && close_port(target) == 0;
    }
    answered = end();
    check_state("send on a port that is opened and closed all the time, XSA-340 XSA-343", answered, 1,
                "each answer was 0 or -EINVAL, each open and close went well", good == ROUNDS && wrong == 0);
    check_text("kind of the port afterwards", kind_of(target), "closed");
}

static void open_and_close(void *arg)
{
    evtchn_port_t port;
    unsigned int i;

    (void)arg;
    for (i = 0; i < ROUNDS; i++) {
        port = i % 2 ? new_ipi() : new_unbound();
        wrong += port == 0 || close_port(port) != 0;
        turns++;
    }
}

static void opening(void)
{
    evtchn_port_t free_before = lowest_free(), port;
    unsigned int i, good = 0;
    bool answered;

    begin(open_and_close);
    for (i = 0; i < ROUNDS; i++) {
        port = i % 2 ? new_unbound() : new_ipi();
        good += port != 0 && close_port(port) == 0;
    }
    answered = end();
    check_state("two vcpus open and close ports, XSA-340 XSA-343", answered, 1,
                "no port was given twice or lost",
                good == ROUNDS && wrong == 0 && lowest_free() == free_before);
}

static volatile bool go;
static volatile long other_answer;
static volatile evtchn_port_t other_port;

static void connect_too(void *arg)
{
    evtchn_port_t port;

    (void)arg;
    turns++;
    while (!go)
        continue;
    other_answer = connect(own_domid, target, &port);
    other_port = port;
}

static void bind_too(void *arg)
{
    evtchn_port_t port;

    (void)arg;
    turns++;
    while (!go)
        continue;
    other_answer = bind_virq(VIRQ_ARGO, 0, &port);
    other_port = port;
}

/* Both do what only one can: `loser` is what the other is told. */
static void one_of_two(const char *name, void (*fn)(void *), bool binds_virq, long loser)
{
    unsigned int i, right = 0;

    for (i = 0; i < 200; i++) {
        evtchn_port_t port = 0;
        long rc;

        target = binds_virq ? 0 : new_unbound();
        go = false;
        begin(fn);
        go = true;
        rc = binds_virq ? bind_virq(VIRQ_ARGO, 0, &port) : connect(own_domid, target, &port);
        if (!end())
            break;
        right += (rc == 0 && other_answer == loser) || (rc == loser && other_answer == 0);
        if (rc == 0)
            close_port(port);
        if (other_answer == 0)
            close_port(other_port);
        if (target)
            close_port(target);
    }
    check_state(name, i, 200, "one each time", right == 200);
}

void test_races(void)
{
    evtchn_port_t free_before = lowest_free();

    if (pv_is_control_domain() || !worker_start())
        return;
    sending();
    opening();
    one_of_two("two vcpus connect to one port", connect_too, false, -XEN_EINVAL);
    one_of_two("two vcpus bind VIRQ_ARGO", bind_too, true, -XEN_EEXIST);
    worker_stop();
    check_true("as many ports as before are free", lowest_free() == free_before);
}
