/* Names for addresses, from the table that hypervisor/symbols.sh puts into the image, and backtraces by frame
 * pointers. */
#include "boot/image.h"
#include "boot/memory-map.h"
#include "console/console.h"
#include "lib/lib.h"

/* In order of address; low halves: the image lies within 4 GiB. */
struct symbol { uint32_t address, name; };
extern const struct symbol symbol_table[];
extern const char symbol_names[];
extern const uint32_t symbol_count;

void symbol_format(uint64_t addr, char *buf, size_t size)
{
    uint32_t low = 0, high = symbol_count, next;

    if (addr < (uint64_t)image_start || addr >= (uint64_t)image_rodata || symbol_count == 0 ||
        (uint32_t)addr < symbol_table[0].address) {
        snprintf(buf, size, "?");
        return;
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (symbol_table[middle].address <= (uint32_t)addr)
            low = middle;
        else
            high = middle;
    }
    next = low + 1 < symbol_count ? symbol_table[low + 1].address : (uint32_t)(uint64_t)image_rodata;
    snprintf(buf, size, "%s+%#x/%#x", symbol_names + symbol_table[low].name,
             (uint32_t)addr - symbol_table[low].address, next - symbol_table[low].address);
}

static void print_frame(uint64_t rip)
{
    char where[96];

    symbol_format(rip, where, sizeof(where));
    log_error("    %016lx %s", rip, where);
}

static bool in_stacks(uint64_t a)
{
    return (a >= CPU_AREA_VIRT && a < CPU_AREA_VIRT + MAX_CPUS * (uint64_t)CPU_AREA_SIZE) ||
           (a >= (uint64_t)early_stack && a < (uint64_t)early_end);
}

void backtrace_print(uint64_t rbp, uint64_t rip)
{
    uint64_t low = ROUND_DOWN(rbp, (uint64_t)CPU_STACK_SIZE), high = low + CPU_STACK_SIZE - CPU_INFO_SIZE;

    log_error("backtrace:");
    if (rip)
        print_frame(rip);
    if (!in_stacks(rbp))
        return;
    for (unsigned int depth = 0; depth < 24 && rbp >= low && rbp + 16 <= high && rbp % 8 == 0; depth++) {
        const uint64_t *frame = (const uint64_t *)rbp;

        if (!frame[1])
            break;
        print_frame(frame[1]);
        if (frame[0] <= rbp)
            break;
        rbp = frame[0];
    }
}
