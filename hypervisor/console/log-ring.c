/* The log: the last conring_size bytes (64 KiB) of what the hypervisor said. Positions count bytes since boot
 * and wrap. */
#include "boot/boot-info.h"
#include "boot/early.h"
#include "console/devices.h"
#include "lib/lib.h"

#define SIZE_DEFAULT (64 << 10)
#define SIZE_SMALLEST     (16 << 10)
#define SIZE_LARGEST   (16 << 20)

static char *ring;                      /* NULL until there is memory */
static uint32_t ring_size;              /* a power of two */
static uint32_t head, cleared;          /* end of the text; where it begins for readers */

void log_ring_init(const struct boot_info *info)
{
    char value[16];
    uint64_t size = SIZE_DEFAULT;

    if (cmdline_option(info->cmdline, "conring_size", value, sizeof(value)))
        size = parse_size(value, NULL, 1024);
    size = MIN(MAX(size, (uint64_t)SIZE_SMALLEST), (uint64_t)SIZE_LARGEST);
    ring_size = 1U << bit_last(size);
    ring = early_alloc(ring_size, PAGE_SIZE);
}

void log_ring_write(const char *s, size_t n)
{
    if (!ring)
        return;
    while (n--)
        ring[head++ & (ring_size - 1)] = *s++;
}

/* How much of the text before the head is still there and not cleared. */
static uint32_t available(void)
{
    return MIN(head - cleared, ring_size);
}

size_t log_ring_read(char *buf, size_t n, uint32_t *index, bool incremental, bool clear)
{
    uint32_t start = head - available();

    if (incremental && head - *index <= available())
        start = *index;
    n = MIN(n, (size_t)(head - start));
    for (size_t i = 0; i < n; i++)
        buf[i] = ring[(start + i) & (ring_size - 1)];
    *index = start + (uint32_t)n;
    if (clear)
        cleared = head;
    return n;
}

size_t log_ring_tail(char *buf, size_t n)
{
    uint32_t index = head - (uint32_t)MIN((size_t)available(), n);

    if (index != head - available())
        while (index != head && ring[(index - 1) & (ring_size - 1)] != '\n')
            index++;
    return log_ring_read(buf, n, &index, true, false);
}
