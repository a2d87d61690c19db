/* What the operator sees of the hypervisor when it starts. */
#include "boot/boot-info.h"
#include "boot/image.h"
#include "boot/main.h"
#include "cpu/cpu.h"
#include "lib/lib.h"
#include "memory/frame.h"
#include "memory/heap.h"
#include "sched/timer.h"

static uint64_t module_bytes(const struct boot_info *info)
{
    uint64_t bytes = 0;

    for (unsigned int i = 0; i < info->module_count; i++)
        bytes += ROUND_UP(info->modules[i].end, PAGE_SIZE) - ROUND_DOWN(info->modules[i].start, PAGE_SIZE);
    return bytes;
}

void banner_print(const struct boot_info *info)
{
    uint64_t total = frame_total << PAGE_SHIFT, free = heap_free_frames() << PAGE_SHIFT;
    uint64_t taken = total - free - module_bytes(info), image = (uint64_t)(image_end - image_start);

    log_info("Enso " ENSO_VERSION "%s, started by %s by way of %s", debug_build ? " with debug checks" : "",
             info->loader[0] ? info->loader : "a multiboot loader", info->efi ? "UEFI" : "BIOS");
    log_info("command line: %s", info->cmdline);
    log_info("%u CPU%s at %u MHz, %lu MiB of memory", cpu_count, cpu_count == 1 ? "" : "s", tsc_khz() / 1000,
             total >> 20);
    log_info("the hypervisor takes %lu KiB, %lu KiB of that its image; up in %lu ms", taken >> 10,
             image >> 10, now_ns() / 1000000);
}
