/* virtio.h: a virtio device on PCI (version 1, no legacy), between its driver and its registers. Threads
 * only, but for virtio_notify(). Errors are negative newlib numbers. */
#ifndef ENSO_DRIVERS_VIRTIO_H
#define ENSO_DRIVERS_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include <pv/event.h>

#include "../pci/pci.h"
#include "queue.h"

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_DEVICE(type) (0x1040 + (type))   /* PCI device number of a type */
#define VIRTIO_NET   1
#define VIRTIO_BLOCK 2
#define VIRTIO_QUEUES 2         /* that a driver here uses at the most */

#define VIRTIO_F_INDIRECT  (UINT64_C(1) << 28)
#define VIRTIO_F_EVENT_IDX (UINT64_C(1) << 29)
#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)

struct virtio_registers;

struct virtio {
    struct pci_function *function;
    volatile struct virtio_registers *registers;
    volatile uint8_t *config;       /* the device type's own */
    uint32_t config_bytes;
    volatile uint8_t *notify;
    uint32_t notify_bytes, notify_step;
    uint32_t doorbell[VIRTIO_QUEUES];   /* where in `notify` */
    uint64_t features;              /* as agreed */
};

/* Finds the registers, resets the device and agrees on features: those of `wanted` that it has, and VERSION_1
 * and EVENT_IDX, without which it is of no use here. -ENODEV it lacks them or its registers are not where
 * they should be; -EIO it refused. */
int virtio_open(struct virtio *v, struct pci_function *f, uint64_t wanted);

/* A register of the device type's own configuration; 0 beyond it. */
uint8_t virtio_config8(const struct virtio *v, uint32_t offset);
uint16_t virtio_config16(const struct virtio *v, uint32_t offset);
uint32_t virtio_config32(const struct virtio *v, uint32_t offset);
uint64_t virtio_config64(const struct virtio *v, uint32_t offset);

/* Makes queue `number` ready with a page of its own; `fn` is called when the device has used something.
 * Before virtio_start(). -ENODEV no such queue, or too small; -ENOMEM; what pci_bind_message() says. */
int virtio_queue(struct virtio *v, unsigned number, struct virtq *q, pv_event_fn *fn, void *arg);

/* Has `fn` called by message `entry` when the device's configuration or state has changed. Before
 * virtio_start(). */
int virtio_config_event(struct virtio *v, unsigned entry, pv_event_fn *fn, void *arg);

/* The device may work. */
void virtio_start(struct virtio *v);
/* The device forgets everything, at once: no memory is touched any more when this returns. */
void virtio_reset(struct virtio *v);
/* True if the device says that it needs a reset. */
bool virtio_failed(const struct virtio *v);
/* Tells it of new chains in a queue. */
void virtio_notify(struct virtio *v, unsigned number);

#endif
