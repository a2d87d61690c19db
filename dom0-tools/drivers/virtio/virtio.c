/* virtio.c: registers of a virtio device on PCI. */
#include "virtio.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <pv/memory.h>
#include <pv/time.h>

struct virtio_registers {
    uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
    uint16_t config_vector, queue_count;
    uint8_t status, generation;
    uint16_t queue_select, queue_size, queue_vector, queue_enable, queue_notify_offset;
    uint64_t queue_desc, queue_avail, queue_used;
};

enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8,
       STATUS_NEEDS_RESET = 0x40, STATUS_FAILED = 0x80 };

/* What a vendor capability describes. */
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_DEVICE = 4 };
#define NO_VECTOR 0xffff
#define RESET_LIMIT PV_NS_PER_SEC

/* Maps the structure of a kind; *bytes gets its length, *cap where the capability is. */
static volatile void *structure(struct pci_function *f, unsigned kind, uint32_t *bytes, unsigned *cap)
{
    unsigned at = 0;

    while ((at = pci_capability(f, PCI_CAP_VENDOR, at)) != 0) {
        if (pci_read(f, at + 3, 1) != kind)
            continue;
        *bytes = pci_read(f, at + 12, 4);
        *cap = at;
        return pci_map(f, pci_read(f, at + 4, 1), pci_read(f, at + 8, 4), *bytes);
    }
    return NULL;
}

static bool find_registers(struct virtio *v)
{
    struct pci_function *f = v->function;
    uint32_t bytes = 0;
    unsigned cap;

    v->registers = structure(f, CAP_COMMON, &bytes, &cap);
    if (!v->registers || bytes < sizeof(*v->registers))
        return false;
    v->config = structure(f, CAP_DEVICE, &v->config_bytes, &cap);
    if (!v->config)
        v->config_bytes = 0;
    v->notify = structure(f, CAP_NOTIFY, &v->notify_bytes, &cap);
    if (!v->notify)
        return false;
    v->notify_step = pci_read(f, cap + 16, 4);
    return true;
}

static void add_status(struct virtio *v, uint8_t bits)
{
    v->registers->status |= bits;
}

void virtio_reset(struct virtio *v)
{
    uint64_t limit = pv_now_ns() + RESET_LIMIT;

    v->registers->status = 0;
    while (v->registers->status != 0 && pv_now_ns() < limit)
        ;
    pci_disable(v->function);       /* whatever it still wants with our memory */
}

static uint64_t offered(struct virtio *v)
{
    uint64_t features;

    v->registers->device_feature_select = 0;
    features = v->registers->device_feature;
    v->registers->device_feature_select = 1;
    return features | (uint64_t)v->registers->device_feature << 32;
}

static int agree(struct virtio *v, uint64_t wanted)
{
    const uint64_t needed = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX;
    uint64_t has = offered(v);

    if ((has & needed) != needed)
        return -ENODEV;
    v->features = has & (wanted | needed);
    v->registers->driver_feature_select = 0;
    v->registers->driver_feature = (uint32_t)v->features;
    v->registers->driver_feature_select = 1;
    v->registers->driver_feature = (uint32_t)(v->features >> 32);
    add_status(v, STATUS_FEATURES_OK);
    return v->registers->status & STATUS_FEATURES_OK ? 0 : -EIO;
}

int virtio_open(struct virtio *v, struct pci_function *f, uint64_t wanted)
{
    int rc;

    memset(v, 0, sizeof(*v));
    v->function = f;
    pci_enable(f);
    if (!find_registers(v))
        return -ENODEV;
    virtio_reset(v);
    pci_enable(f);
    add_status(v, STATUS_ACKNOWLEDGE);
    add_status(v, STATUS_DRIVER);
    v->registers->config_vector = NO_VECTOR;
    rc = agree(v, wanted);
    if (rc)
        add_status(v, STATUS_FAILED);
    return rc;
}

uint8_t virtio_config8(const struct virtio *v, uint32_t offset)
{
    return offset < v->config_bytes ? v->config[offset] : 0;
}

uint16_t virtio_config16(const struct virtio *v, uint32_t offset)
{
    if (v->config_bytes < 2 || offset > v->config_bytes - 2)
        return 0;
    return *(const volatile uint16_t *)(v->config + offset);
}

uint32_t virtio_config32(const struct virtio *v, uint32_t offset)
{
    if (v->config_bytes < 4 || offset > v->config_bytes - 4)
        return 0;
    return *(const volatile uint32_t *)(v->config + offset);
}

/* The halves belong together only if nothing changed between them. */
uint64_t virtio_config64(const struct virtio *v, uint32_t offset)
{
    uint8_t generation;
    uint64_t value;

    do {
        generation = v->registers->generation;
        value = virtio_config32(v, offset) | (uint64_t)virtio_config32(v, offset + 4) << 32;
    } while (v->registers->generation != generation);
    return value;
}

/* Where queues have their doorbells is the device's word: within what it has. */
static bool find_doorbell(struct virtio *v, unsigned number)
{
    uint64_t at = (uint64_t)v->registers->queue_notify_offset * v->notify_step;

    v->doorbell[number] = (uint32_t)at;
    return v->notify_bytes >= 2 && at <= v->notify_bytes - 2;
}

static int place(struct virtio *v, unsigned number, struct virtq *q)
{
    volatile struct virtio_registers *r = v->registers;
    uint64_t at = pv_virt_to_machine(q->page);

    r->queue_select = (uint16_t)number;
    if (r->queue_size < VIRTQ_MAX)
        return -ENODEV;
    r->queue_size = VIRTQ_MAX;
    r->queue_vector = (uint16_t)number;
    if (r->queue_vector != number || !find_doorbell(v, number))
        return -ENODEV;
    r->queue_desc = at + offsetof(struct virtq_page, desc);
    r->queue_avail = at + offsetof(struct virtq_page, avail);
    r->queue_used = at + offsetof(struct virtq_page, used);
    r->queue_enable = 1;
    return 0;
}

int virtio_queue(struct virtio *v, unsigned number, struct virtq *q, pv_event_fn *fn, void *arg)
{
    struct virtq_page *page;
    int port;

    if (number >= VIRTIO_QUEUES || number >= v->registers->queue_count)
        return -ENODEV;
    page = pv_pages_alloc(1);
    if (!page)
        return -ENOMEM;
    virtq_init(q, page);
    port = pci_bind_message(v->function, number, fn, arg);
    return port < 0 ? port : place(v, number, q);
}

int virtio_config_event(struct virtio *v, unsigned entry, pv_event_fn *fn, void *arg)
{
    int port = pci_bind_message(v->function, entry, fn, arg);

    if (port < 0)
        return port;
    v->registers->config_vector = (uint16_t)entry;
    return v->registers->config_vector == entry ? 0 : -ENODEV;
}

void virtio_start(struct virtio *v)
{
    add_status(v, STATUS_DRIVER_OK);
}

bool virtio_failed(const struct virtio *v)
{
    return v->registers->status & STATUS_NEEDS_RESET;
}

void virtio_notify(struct virtio *v, unsigned number)
{
    *(volatile uint16_t *)(v->notify + v->doorbell[number]) = (uint16_t)number;
}
