/* The page that a domain shares with the console daemon: two rings of bytes.
 * Source of all names, numbers and layouts: Xen 4.17 public/io/console.h.
 *
 * Indices run freely; the slot is MASK_XENCONS_IDX. A producer writes bytes, then, after a barrier, its
 * index, then signals the port; a consumer likewise. prod - cons above the size of a ring is a fault of the
 * other side. The page and its port are named in start_info.console.domU; in the store: console/ring-ref (an
 * mfn), console/port. */
#ifndef __XEN_PUBLIC_IO_CONSOLE_H__
#define __XEN_PUBLIC_IO_CONSOLE_H__

#include "../xen-compat.h"

/* An index into one of the rings. */
typedef uint32_t XENCONS_RING_IDX;

/* The slot of an index; `ring` is the array. */
#define MASK_XENCONS_IDX(idx, ring) ((idx) & (sizeof(ring) - 1))

struct xencons_interface {
    char in[1024];                         /* to the guest */
    char out[2048];                        /* from the guest */
    XENCONS_RING_IDX in_cons, in_prod;     /* guest, daemon */
    XENCONS_RING_IDX out_cons, out_prod;   /* daemon, guest */
};
ABI_LAYOUT(struct xencons_interface, 3088, (in, 0), (out, 1024), (in_cons, 3072), (in_prod, 3076),
           (out_cons, 3080), (out_prod, 3084));

/* Rings of another size, on request. */
#ifdef XEN_WANT_FLEX_CONSOLE_RING
#include "ring.h"
DEFINE_XEN_FLEX_RING(xencons);
#endif

#endif /* __XEN_PUBLIC_IO_CONSOLE_H__ */
