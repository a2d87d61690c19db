/* rng.c: just enough of a virtio driver to make a device send messages of an MSI-X table. */
#include "devices.h"

#include <string.h>

/* Structures that the device's capabilities point to, by their type. */
enum { COMMON = 1, NOTIFY = 2 };

struct common {
    uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
    uint16_t config_vector, queues;
    uint8_t status, generation;
    uint16_t queue, size, vector, enabled, notify_offset;
    uint64_t descriptors, available, used;
};

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };

/* A queue of 8 in one page. */
struct queue {
    struct { uint64_t address; uint32_t length; uint16_t flags, next; } descriptors[8];
    struct { uint16_t flags, index, ring[8], event; } available;
    uint8_t pad[100];
    struct { uint16_t flags, index; struct { uint32_t id, length; } ring[8]; uint16_t event; } used;
    uint8_t bytes[64];
};

static volatile struct common *common;
static volatile uint16_t *notify;
static volatile struct queue *queue;

static volatile void *structure(unsigned int type)
{
    unsigned int cap = config_capability(RNG, CAP_VENDOR, 3, (uint8_t)type);
    unsigned int bar = config_read(RNG, cap + 4) & 0xff;
    uint32_t offset = config_read(RNG, cap + 8);
    xen_pfn_t frame = (bar_address(RNG, bar) + offset) >> PV_PAGE_SHIFT;
    char *page = pv_map_frames(DOMID_IO, &frame, 1, true, NULL);

    return page + (offset & (PV_PAGE_SIZE - 1));
}

static void add_status(uint8_t bit)
{
    common->status |= bit;
}

void rng_start(void)
{
    uint64_t at;

    enable_device(RNG);
    common = structure(COMMON);
    notify = structure(NOTIFY);
    queue = pv_pages_alloc(1);
    at = pv_virt_to_machine((const void *)queue);
    common->status = 0;
    add_status(ACKNOWLEDGE);
    add_status(DRIVER);
    common->driver_feature_select = 1;
    common->driver_feature = 1;         /* modern */
    add_status(FEATURES_OK);
    common->config_vector = 0xffff;
    common->queue = 0;
    common->size = 8;
    common->vector = 0;
    common->descriptors = at;
    common->available = at + offsetof(struct queue, available);
    common->used = at + offsetof(struct queue, used);
    common->enabled = 1;
    add_status(DRIVER_OK);
}

void rng_ask(void)
{
    memset((void *)queue->bytes, 0, sizeof(queue->bytes));
    queue->descriptors[0].address = pv_virt_to_machine((const void *)queue->bytes);
    queue->descriptors[0].length = sizeof(queue->bytes);
    queue->descriptors[0].flags = 2;    /* the device writes */
    queue->available.ring[queue->available.index % 8] = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    queue->available.index++;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *notify = 0;
}

bool rng_answered(void)
{
    unsigned int i;

    for (i = 0; i < sizeof(queue->bytes); i++)
        if (queue->bytes[i])
            return queue->used.index == queue->available.index;
    return false;
}
