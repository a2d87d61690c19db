/*
 * A virtqueue and its device, which is honest or writes what it likes into the page it shares with the
 * driver. Each chain comes back at most once and only if it is out, whatever the device does; no descriptor
 * is lost.
 */
#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/queue.h"
#include "kit/kit.h"

static struct virtq_page page __attribute__((aligned(4096)));
static struct virtq q;
static bool is_out[256];
static unsigned parts_of[256], descriptors_out;
static uint16_t looked;         /* an honest device's place in the available ring */
static uint16_t holding[VIRTQ_MAX];
static unsigned held;

static void add(void)
{
    struct virtq_part parts[VIRTQ_MAX];
    unsigned token = kit_byte(), count = kit_byte() % 40;
    bool room = count > 0 && count <= VIRTQ_MAX - descriptors_out;

    for (unsigned i = 0; i < count; i++)
        parts[i] = (struct virtq_part){ kit_byte(), i, i & 1 };
    if (is_out[token])
        return;
    if (virtq_add(&q, parts, count, &is_out[token]) != room)
        kit_wrong("%u are out, %u more are %s", descriptors_out, count, room ? "refused" : "taken");
    if (room) {
        is_out[token] = true;
        parts_of[token] = count;
        descriptors_out += count;
    }
}

static void came_back(void *token)
{
    bool *mark = token;

    if (mark < is_out || mark >= is_out + 256 || !*mark)
        kit_wrong("a chain comes back that is not out");
    *mark = false;
    descriptors_out -= parts_of[mark - is_out];
}

static void honest_device(unsigned op)
{
    if (looked != page.avail.index && held < VIRTQ_MAX)
        holding[held++] = page.avail.ring[looked++ % VIRTQ_MAX];
    if (held && op & 16) {
        unsigned i = kit_byte() % held;

        page.used.ring[page.used.index % VIRTQ_MAX].id = holding[i];
        page.used.index++;
        holding[i] = holding[--held];
    }
}

/* False: the driver has found out about the device. */
static bool step(bool honest)
{
    unsigned op = kit_byte();
    bool broken = false;
    uint32_t bytes;
    void *token;

    switch (op % 8) {
    case 0:
    case 1:
        add();
        break;
    case 2:
        virtq_publish(&q);
        break;
    case 3:
        virtq_arm(&q);
        break;
    case 4:
        honest_device(op);
        break;
    case 5:
        if (honest)
            honest_device(op);
        else if (op & 8)
            page.used.index += kit_byte() % 4;
        else
            page.used.ring[(page.used.index + kit_byte() % 4) % VIRTQ_MAX].id = kit_byte();
        break;
    case 6:
        if (!honest && op & 8)
            kit_spoil(kit_byte() % 8, kit_byte());
        else if (!honest)
            ((uint8_t *)&page)[kit_u16() % sizeof(page)] = kit_byte();
        break;
    default:
        token = virtq_take(&q, &bytes, &broken);
        if (broken && (honest || token))
            kit_wrong(honest ? "an honest device is found to lie" : "what a liar gives back is taken");
        if (token)
            came_back(token);
        break;
    }
    return !broken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool honest;
    void *token;

    kit_input(data, size);
    kit_start();
    kit_share(&page, sizeof(page));
    memset(is_out, 0, sizeof(is_out));
    descriptors_out = held = looked = 0;
    virtq_init(&q, &page);
    honest = kit_byte() & 1;
    while (kit_input_left() && step(honest))
        ;
    while ((token = virtq_reclaim(&q)) != NULL)
        came_back(token);
    if (descriptors_out || q.free_count != VIRTQ_MAX)
        kit_wrong("%u descriptors are lost", descriptors_out);
    kit_end();
    return 0;
}
