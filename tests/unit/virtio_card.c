/* virtio_card.c: see virtio_card.h. */
#include "virtio_card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pv/memory.h>
#include <pv/thread.h>

#define MACHINE UINT64_C(0x1000000000000)       /* net_host.c's */

static uint64_t offered;
uint8_t card_config[16];
struct virtq *card_queues[2];
static uint16_t seen[2];                /* the device's place in the rings of what is available */
static pv_event_fn *config_fn;
static void *config_arg;
bool card_was_reset;
static bool needs_reset;
static unsigned kicks[2];
static void (*thread)(void *);
static void *thread_arg;
static jmp_buf out;
static size_t pages_used;               /* since the card was opened */
struct pci_function card_function;
struct net_port *card;

/* --- what the driver stands on --- */

int virtio_open(struct virtio *v, struct pci_function *f, uint64_t wanted)
{
    memset(v, 0, sizeof(*v));
    v->function = f;
    v->registers = (void *)card_config;
    v->features = offered & wanted;
    return 0;
}

uint8_t virtio_config8(const struct virtio *v, uint32_t offset)
{
    (void)v;
    return card_config[offset];
}

uint16_t virtio_config16(const struct virtio *v, uint32_t offset)
{
    (void)v;
    return (uint16_t)(card_config[offset] | card_config[offset + 1] << 8);
}

int virtio_queue(struct virtio *v, unsigned number, struct virtq *q, pv_event_fn *fn, void *arg)
{
    (void)v;
    (void)fn;
    (void)arg;
    virtq_init(q, pv_pages_alloc(1));
    card_queues[number] = q;
    seen[number] = 0;
    return 0;
}

int virtio_config_event(struct virtio *v, unsigned entry, pv_event_fn *fn, void *arg)
{
    (void)v;
    (void)entry;
    config_fn = fn;
    config_arg = arg;
    return 0;
}

void virtio_start(struct virtio *v)
{
    (void)v;
}

void virtio_reset(struct virtio *v)
{
    (void)v;
    card_was_reset = true;
}

bool virtio_failed(const struct virtio *v)
{
    (void)v;
    return needs_reset;
}

void virtio_notify(struct virtio *v, unsigned number)
{
    (void)v;
    kicks[number]++;
}

void *pv_pages_alloc(size_t n)
{
    static uint8_t *pages;

    if (!pages)
        pages = aligned_alloc(4096, 64 * 4096);
    pages_used += n;
    assert_true(pages_used <= 64);
    return memset(pages + (pages_used - n) * 4096, 0, n * 4096);
}

xen_pfn_t pv_virt_to_mfn(const void *p)
{
    return (uintptr_t)p >> 12;
}

struct pv_thread *pv_thread_create(const char *name, size_t stack_bytes, void (*fn)(void *), void *arg)
{
    (void)name;
    (void)stack_bytes;
    thread = fn;
    thread_arg = arg;
    return (struct pv_thread *)arg;
}

void pv_wake(struct pv_waitq *q)
{
    q->woken = true;
}

void pv_yield(void)
{
}

bool pv_wait(struct pv_waitq *q, uint64_t deadline_ns)
{
    (void)deadline_ns;
    q->woken = false;
    longjmp(out, 1);
}

/* --- the card --- */

void *card_memory(uint64_t machine)
{
    return (void *)(uintptr_t)(machine >= MACHINE ? machine - MACHINE : machine);
}

void card_run(void)
{
    if (setjmp(out) == 0)
        thread(thread_arg);
}

void card_open(uint64_t features)
{
    offered = features;
    needs_reset = card_was_reset = false;
    config_fn = NULL;
    pages_used = 0;
    assert_int_equal(virtio_net_open(&card_function, 0), 0);
    card = net_find("eth0");
    assert_non_null(card);
    card_run();
}

int card_next_chain(unsigned queue)
{
    struct virtq_page *page = card_queues[queue]->page;

    if (seen[queue] == page->avail.index)
        return -1;
    return page->avail.ring[seen[queue]++ % VIRTQ_MAX];
}

void card_use(unsigned queue, uint32_t id, uint32_t bytes)
{
    struct virtq_used *used = &card_queues[queue]->page->used;

    used->ring[used->index % VIRTQ_MAX].id = id;
    used->ring[used->index % VIRTQ_MAX].length = bytes;
    used->index++;
}

bool card_inject(struct net_header h, const uint8_t *frame, size_t n)
{
    static uint8_t all[PACKET_MAX + 12];
    size_t done = 0, bytes = n + sizeof(h);
    unsigned buffers = (unsigned)((bytes + 4095) / 4096);
    struct virtq_page *page = card_queues[0]->page;

    if ((uint16_t)(page->avail.index - seen[0]) < buffers)
        return false;
    h.buffers = (uint16_t)buffers;
    memcpy(all, &h, sizeof(h));
    memcpy(all + sizeof(h), frame, n);
    for (; done < bytes; buffers--) {
        int head = card_next_chain(0);
        struct virtq_desc *d = &page->desc[head];
        uint32_t step = bytes - done < d->length ? (uint32_t)(bytes - done) : d->length;

        assert_int_equal(d->flags, 2);
        assert_int_equal(d->length, 4096);
        memcpy(card_memory(d->address), all + done, step);
        card_use(0, (uint32_t)head, step);
        done += step;
    }
    return true;
}

ssize_t card_extract(struct net_header *h, uint8_t *frame, uint32_t *id, bool *table)
{
    static uint8_t all[PACKET_MAX + 12];
    int head = card_next_chain(1);
    struct virtq_desc *list = card_queues[1]->page->desc, *d;
    size_t n = 0;

    if (head < 0)
        return -1;
    d = &list[head];
    *table = d->flags == 4;
    if (*table) {
        list = card_memory(d->address);
        d = list;
    }
    for (;; d = &list[d->next]) {
        assert_int_equal(d->flags & ~1, 0);
        assert_true((d->address & 4095) + d->length <= 4096);
        memcpy(all + n, card_memory(d->address), d->length);
        n += d->length;
        if (!(d->flags & 1))
            break;
    }
    memcpy(h, all, sizeof(*h));
    memcpy(frame, all + sizeof(*h), n - sizeof(*h));
    *id = (uint32_t)head;
    return (ssize_t)(n - sizeof(*h));
}

/* --- above the card --- */

struct packet *arrived[128];
unsigned arrived_count;

void card_input(struct net_port *from, struct packet *p, void *arg)
{
    (void)arg;
    assert_ptr_equal(from, card);
    assert_true(arrived_count < 128);
    arrived[arrived_count++] = p;
}

void card_config_event(void)
{
    config_fn(0, config_arg);
}

void card_close(void)
{
    needs_reset = true;
    if (config_fn)
        config_fn(0, config_arg);
    else
        card_use(0, 4096, 0);
    card_run();
    while (arrived_count)
        packet_free(arrived[--arrived_count]);
    assert_true(card_was_reset);
    assert_false(card->link);
    assert_int_equal(net_host_used(), 0);
    net_detach(card);
    net_unregister(card);
    free(card);             /* a card is kept in the domain; nothing names it here any more */
}
