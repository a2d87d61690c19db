/* console.c: the console of a domU (shared ring) and of the initial domain (console_io). Ring indices are
 * only touched with upcalls off, because event handlers may write too. */
#include "internal.h"
#include "lib/bytering.h"

#include <string.h>
#include <xen/io/console.h>
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/event.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/time.h>

struct pv_waitq pv_console_input = PV_WAITQ_INIT;

static struct xencons_interface *ring;    /* NULL in the initial domain */
static struct pv_bytering out, in;
static struct pv_waitq room = PV_WAITQ_INIT;
static evtchn_port_t port;

void pv_console_init(const start_info_t *si)
{
    if (si->flags & SIF_INITDOMAIN)
        return;
    ring = pv_mfn_to_virt(si->console.domU.mfn);
    if (!ring)
        return;
    port = si->console.domU.evtchn;
    pv_bytering_init(&out, ring->out, sizeof(ring->out), &ring->out_prod, &ring->out_cons);
    pv_bytering_init(&in, ring->in, sizeof(ring->in), &ring->in_cons, &ring->in_prod);
}

static void on_event(evtchn_port_t p, void *arg)
{
    (void)p;
    (void)arg;
    pv_wake(&pv_console_input);
    pv_wake(&room);
}

void pv_console_events(void)
{
    int rc = ring ? pv_event_bind_port(port, on_event, NULL)
                  : pv_event_bind_virq(VIRQ_CONSOLE, on_event, NULL);

    if (rc < 0 && ring)
        pv_panic("the console's event channel %u cannot be used: %d", port, rc);
}

static void write_hypervisor(const char *data, size_t len)
{
    while (len) {
        unsigned int n = len < 1024 ? (unsigned int)len : 1024;

        HYPERVISOR_console_io(CONSOLEIO_write, n, (void *)(uintptr_t)data);
        data += n;
        len -= n;
    }
}

/* Puts what fits and tells the other side. Bytes put; or -EPROTO: the other side spoiled the ring. */
static long put(const char *data, size_t len)
{
    bool on = pv_upcalls_disable();
    long n = pv_bytering_write(&out, data, len);

    pv_upcalls_restore(on);
    if (n > 0)
        pv_event_send(port);
    return n;
}

/* The ring is full: lets the other side run until it has taken something, or a while has passed. */
static void wait_for_room(void)
{
    struct sched_poll poll = { .nr_ports = 1, .timeout = 0 };

    if (pv_threads_running() && !pv_in_upcall()) {
        pv_wait(&room, pv_now_ns() + PV_NS_PER_SEC);
        return;
    }
    set_xen_guest_handle(poll.ports, &port);
    poll.timeout = pv_now_ns() + PV_NS_PER_MS;
    HYPERVISOR_sched_op(SCHEDOP_poll, &poll);
}

static void put_all(const char *data, size_t len)
{
    while (len) {
        long n = put(data, len);

        if (n < 0)
            return;
        if (n == 0)
            wait_for_room();
        data += n;
        len -= (size_t)n;
    }
}

void pv_console_write(const void *data, size_t len)
{
    const char *p = data;

    if (!ring) {
        write_hypervisor(p, len);
        return;
    }
    while (len) {
        const char *newline = memchr(p, '\n', len);
        size_t n = newline ? (size_t)(newline - p) : len;

        put_all(p, n);
        if (newline) {
            put_all("\r\n", 2);
            n++;
        }
        p += n;
        len -= n;
    }
}

size_t pv_console_read(void *data, size_t len)
{
    long n;
    bool on;

    if (!ring) {
        n = HYPERVISOR_console_io(CONSOLEIO_read, len < 4096 ? (unsigned int)len : 4096, data);
        return n > 0 ? (size_t)n : 0;
    }
    on = pv_upcalls_disable();
    n = pv_bytering_read(&in, data, len, NULL);
    if (n < 0)
        pv_bytering_skip(&in);
    pv_upcalls_restore(on);
    if (n > 0)
        pv_event_send(port);    /* room for more input */
    return n > 0 ? (size_t)n : 0;
}

/* As much as fits, with CR LF; never waits. */
static void put_emergency(const char *text, size_t len)
{
    char line[640];
    size_t n = 0;

    for (; len && n < sizeof(line) - 1; text++, len--) {
        if (*text == '\n')
            line[n++] = '\r';
        line[n++] = *text;
    }
    put(line, n);
}

void pv_console_emergency(const char *fmt, ...)
{
    char text[320];
    va_list args;
    size_t n;

    va_start(args, fmt);
    n = pv_format(text, sizeof(text), fmt, args);
    va_end(args);
    write_hypervisor(text, n);
    if (ring)
        put_emergency(text, n);
}
