/* queue.c: see queue.h. The device reads and writes the page at any time: indices
 * are accessed once, with barriers. */
#include "queue.h"

#include <string.h>

#define DESC_NEXT  1U
#define DESC_WRITE 2U
#define DESC_TABLE 4U

_Static_assert(sizeof(struct virtq_page) <= 4096, "a queue is one page");

static uint16_t load(const uint16_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store(uint16_t *p, uint16_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}

void virtq_init(struct virtq *q, struct virtq_page *page)
{
    memset(q, 0, sizeof(*q));
    memset(page, 0, sizeof(*page));
    q->page = page;
    for (uint16_t i = 0; i < VIRTQ_MAX; i++)
        q->next_free[i] = i + 1;
    q->free_count = VIRTQ_MAX;
}

static uint16_t take_free(struct virtq *q)
{
    uint16_t i = q->free_head;

    q->free_head = q->next_free[i];
    q->free_count--;
    return i;
}

static struct virtq_desc describe(const struct virtq_part *part, bool more, unsigned next)
{
    return (struct virtq_desc){
        .address = part->machine, .length = part->bytes,
        .flags = (uint16_t)((part->device_writes ? DESC_WRITE : 0) | (more ? DESC_NEXT : 0)),
        .next = more ? (uint16_t)next : 0,
    };
}

static void offer(struct virtq *q, uint16_t head, unsigned count, void *token)
{
    q->chain[head] = (uint16_t)count;
    q->token[head] = token;
    q->page->avail.ring[q->avail_index % VIRTQ_MAX] = head;
    q->avail_index++;
}

bool virtq_add(struct virtq *q, const struct virtq_part *parts, unsigned count, void *token)
{
    uint16_t head = q->free_head, i;

    if (count == 0 || count > q->free_count)
        return false;
    for (unsigned n = 0; n < count; n++) {
        i = take_free(q);
        q->page->desc[i] = describe(&parts[n], n + 1 < count, q->free_head);
    }
    offer(q, head, count, token);
    return true;
}

bool virtq_add_table(struct virtq *q, const struct virtq_part *parts, unsigned count,
                     struct virtq_desc *table, uint64_t machine, void *token)
{
    uint16_t head;

    if (count == 0 || count > VIRTQ_MAX || q->free_count == 0)
        return false;
    for (unsigned n = 0; n < count; n++)
        table[n] = describe(&parts[n], n + 1 < count, n + 1);
    head = take_free(q);
    q->page->desc[head] = (struct virtq_desc){
        .address = machine, .length = (uint32_t)(count * sizeof(*table)), .flags = DESC_TABLE,
    };
    offer(q, head, 1, token);
    return true;
}

bool virtq_publish(struct virtq *q)
{
    uint16_t event;
    bool wanted;

    store(&q->page->avail.index, q->avail_index);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    event = load(&q->page->used.avail_event);
    wanted = (uint16_t)(q->avail_index - event - 1) < (uint16_t)(q->avail_index - q->told);
    q->told = q->avail_index;
    return wanted;
}

/* Puts a chain back: our own list knows its descriptors, which were taken one after the other. */
static void *give_back(struct virtq *q, uint16_t head)
{
    uint16_t last = head, count = q->chain[head];

    for (uint16_t n = 1; n < count; n++)
        last = q->next_free[last];
    q->next_free[last] = q->free_head;
    q->free_head = head;
    q->free_count += count;
    q->chain[head] = 0;
    return q->token[head];
}

void *virtq_take(struct virtq *q, uint32_t *bytes, bool *broken)
{
    uint32_t id;
    uint16_t at = q->used_index % VIRTQ_MAX, index = load(&q->page->used.index);

    *broken = (uint16_t)(index - q->used_index) > VIRTQ_MAX;
    if (*broken || index == q->used_index)
        return NULL;
    id = __atomic_load_n(&q->page->used.ring[at].id, __ATOMIC_RELAXED);
    *bytes = __atomic_load_n(&q->page->used.ring[at].length, __ATOMIC_RELAXED);
    *broken = id >= VIRTQ_MAX || q->chain[id] == 0;
    if (*broken)
        return NULL;
    q->used_index++;
    return give_back(q, (uint16_t)id);
}

bool virtq_arm(struct virtq *q)
{
    store(&q->page->avail.used_event, q->used_index);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return load(&q->page->used.index) != q->used_index;
}

void *virtq_reclaim(struct virtq *q)
{
    for (uint16_t i = 0; i < VIRTQ_MAX; i++)
        if (q->chain[i])
            return give_back(q, i);
    return NULL;
}
