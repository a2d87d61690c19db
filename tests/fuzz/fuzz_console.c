/* The console daemon against a domain whose ring says anything at any time, with followers that come, read,
 * type and go. */
#include <stdlib.h>
#include <string.h>

#include <xen/io/console.h>

#include "backends/console/console.h"
#include "kit/kit.h"

#define FOLLOWERS 4u

static struct console_attachment *followers[FOLLOWERS];
static bool alive, stopped;
static int id;

static void follow(unsigned op)
{
    struct console_attachment **a = &followers[op >> 4 & 3];
    char buf[600];
    ssize_t n;
    uint64_t lost;

    switch (kit_byte() % 4) {
    case 0:
        if (!*a && console_attach((uint32_t)id, op & 64, NULL, NULL, a))
            kit_wrong("a log cannot be followed");
        break;
    case 1:
        if (*a)
            console_detach(*a);
        *a = NULL;
        break;
    case 2:
        n = *a ? console_attached_read(*a, buf, kit_u16() % sizeof(buf), &lost) : 0;
        if (n > (ssize_t)sizeof(buf))
            kit_wrong("more was read than there is room for");
        break;
    default:
        n = kit_byte() % 200;
        kit_bytes(buf, (size_t)n);
        if (*a && console_attached_write(*a, buf, (size_t)n) > n)
            kit_wrong("more was typed than there was");
        break;
    }
}

static void step(void)
{
    struct xencons_interface *page = (struct xencons_interface *)kit_peer[0];
    unsigned op = kit_byte();

    switch (op % 9) {
    case 0:
        page->out_prod += kit_u16() % 2100;
        break;
    case 1:
        kit_bytes(page->out + kit_u16() % (sizeof(page->out) - 32), 1 + kit_byte() % 32);
        break;
    case 2:
        page->in_cons += kit_byte();
        break;
    case 3:
        (&page->in_cons)[op >> 4 & 3] = kit_u32();
        break;
    case 4:
        kit_plan_from_input();
        break;
    case 5:
        kit_event(kit_port(0));
        break;
    case 6:
        follow(op);
        break;
    case 7:
        kit_pass((uint64_t)kit_byte() * 1000000);
        break;
    default:
        console_turn();
        break;
    }
}

static void check(void)
{
    struct console_info info;

    if (console_get((uint32_t)id, &info))
        kit_wrong("the log is gone");
    if (info.end - info.start > CONSOLE_LOG_BYTES || info.start > info.end)
        kit_wrong("the log keeps %lld bytes", (long long)(info.end - info.start));
    if (stopped && !info.stopped)
        kit_wrong("a stopped console goes on");
    stopped = info.stopped;
    if (stopped && kit_is_mapped(0))
        kit_wrong("a stopped console's ring is still mapped");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned fail;

    kit_input(data, size);
    kit_start();
    stopped = false;
    fail = kit_byte();
    kit_fail_after(fail % 8 < 4 ? fail % 8 : 0);
    id = console_domain_add(KIT_PEER, "guest", fail & 128 ? 1000 : 0, fail & 64 ? 0 : 7);
    kit_fail_after(0);
    alive = id > 0;
    while (alive && kit_input_left()) {
        step();
        check();
    }
    for (unsigned i = 0; i < FOLLOWERS; i++) {
        if (followers[i])
            console_detach(followers[i]);
        followers[i] = NULL;
    }
    if (alive)
        console_domain_gone(KIT_PEER);
    console_turn();
    if (console_forget_dead() != alive)
        kit_wrong("the log of the domain cannot be dropped");
    kit_end();
    return 0;
}
