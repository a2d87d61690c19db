/*
 * One direction of a shared byte ring, as the console and the store use it: two free-running 32-bit indices
 * and a power-of-two buffer in a page that the other side may write at any moment. Our own index is private;
 * the other's is read once per call and checked before use.
 */
#ifndef PV_LIB_BYTERING_H
#define PV_LIB_BYTERING_H

#include <stddef.h>
#include <stdint.h>

struct pv_bytering {
    char *data;              /* shared */
    uint32_t size;           /* bytes, a power of two */
    uint32_t own;            /* our index: producer if we write, consumer if we read */
    uint32_t *own_shared;    /* where we publish it */
    uint32_t *other;         /* the other side's index, not trusted */
};

/* Starts with what our shared index says now. */
void pv_bytering_init(struct pv_bytering *r, char *data, uint32_t size, uint32_t *own_shared,
                      uint32_t *other);

/* Puts up to len bytes: the number put, 0 when full, -EPROTO when the other side's index lies. */
long pv_bytering_write(struct pv_bytering *r, const void *from, size_t len);

/* Takes up to len bytes: the number taken, 0 when empty, -EPROTO when the other side's index lies. *was_full
 * (may be NULL): the ring was full before, so the other side may be waiting for room. */
long pv_bytering_read(struct pv_bytering *r, void *to, size_t len, int *was_full);

/* Drops everything unread and takes the other side's index for right. For a reader that goes on after
 * -EPROTO. */
void pv_bytering_skip(struct pv_bytering *r);

#endif
