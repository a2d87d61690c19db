/*
 * The console ring, seen from the daemon. The domain may write the page at any moment: our indices are kept
 * here, its own are read once each time, checked, then used. Pure but for the shared page.
 */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/console.h>

struct console_ring {
    struct xencons_interface *page;
    uint32_t out_cons;                  /* output that we have taken */
    uint32_t in_prod;                   /* input that we have given */
};

void console_ring_open(struct console_ring *r, struct xencons_interface *page);

/* Takes up to len bytes of output; the number taken, or -EPROTO if the domain's index cannot be true. */
int console_ring_take(struct console_ring *r, char *buf, size_t len);

/* Gives up to len bytes of input; the number given, or -EPROTO. */
int console_ring_give(struct console_ring *r, const char *buf, size_t len);

#endif
