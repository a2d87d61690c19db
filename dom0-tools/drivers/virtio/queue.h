/*
 * queue.h: a virtqueue (split layout, event index) in one page. Descriptors point at memory of this domain;
 * what the device writes is checked before it is used. No hardware is touched here: tested on the build
 * machine. Callers keep event handlers out (upcalls off).
 */
#ifndef ENSO_DRIVERS_VIRTIO_QUEUE_H
#define ENSO_DRIVERS_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTQ_MAX 128               /* so that all of it fits into a page */

struct virtq_desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct virtq_avail {
    uint16_t flags, index, ring[VIRTQ_MAX], used_event;
};

struct virtq_used {
    uint16_t flags, index;
    struct { uint32_t id, length; } ring[VIRTQ_MAX];
    uint16_t avail_event;
};

/* The page that driver and device share. Rings are laid out for VIRTQ_MAX, so a queue has that size or
 * none. */
struct virtq_page {
    struct virtq_desc desc[VIRTQ_MAX];
    struct virtq_avail avail;
    uint8_t pad[2];
    struct virtq_used used;
};

struct virtq {
    struct virtq_page *page;
    uint16_t next_free[VIRTQ_MAX];  /* our own chain of free descriptors: the
                                     * device can write to the page's */
    uint16_t chain[VIRTQ_MAX];      /* length of the chain that begins at a
                                     * descriptor; 0: none is out there */
    void *token[VIRTQ_MAX];
    uint16_t free_head, free_count;
    uint16_t avail_index, used_index;
    uint16_t told;                  /* avail index at the last notification */
};

struct virtq_part {
    uint64_t machine;
    uint32_t bytes;
    bool device_writes;
};

/* Empties the queue; the page is zeroed. */
void virtq_init(struct virtq *q, struct virtq_page *page);

/* Adds a chain of parts. False: not enough descriptors. The device sees it at virtq_publish(). */
bool virtq_add(struct virtq *q, const struct virtq_part *parts, unsigned count, void *token);

/* The same with a table of descriptors in memory of the caller's, which stays untouched until the chain is
 * back: the queue gives one of its own for it. The device must have agreed to INDIRECT. */
bool virtq_add_table(struct virtq *q, const struct virtq_part *parts, unsigned count,
                     struct virtq_desc *table, uint64_t machine, void *token);

/* Shows the device what was added. True: it wants to be notified. */
bool virtq_publish(struct virtq *q);

/* The next chain that the device is done with: its token, and how many bytes it says it wrote. NULL: none.
 * *broken: the device has named a chain that is not out there; the queue must not be used any more. */
void *virtq_take(struct virtq *q, uint32_t *bytes, bool *broken);

/* Asks for an interrupt when the next chain is done. True: one is done already, take it first. */
bool virtq_arm(struct virtq *q);

/* A chain that is still out there, and is not any more: for a device that was reset. NULL: none. */
void *virtq_reclaim(struct virtq *q);

#endif
