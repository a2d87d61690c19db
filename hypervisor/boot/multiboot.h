/* The structures that a multiboot loader hands over: the fields that we read. Numbers from the two
 * specifications. */
#ifndef ENSO_BOOT_MULTIBOOT_H
#define ENSO_BOOT_MULTIBOOT_H

#include "lib/types.h"

#define MULTIBOOT1_LOADER_MAGIC 0x2badb002
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name, apm_table;
};
#define MB1_CMDLINE (1U << 2)
#define MB1_MODULES (1U << 3)
#define MB1_MMAP    (1U << 6)
#define MB1_LOADER  (1U << 9)
struct mb1_module { uint32_t start, end, string, reserved; };
/* `size` does not count itself. */
struct mb1_mmap { uint32_t size; uint64_t base, length; uint32_t type; } __attribute__((packed));

enum {
    MB2_END = 0, MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_MMAP = 6, MB2_FRAMEBUFFER = 8,
    MB2_EFI64 = 12, MB2_ACPI_OLD = 14, MB2_ACPI_NEW = 15, MB2_EFI_MMAP = 17,
};
struct mb2_header { uint32_t total_size, reserved; };
/* Tags follow each other on multiples of 8. */
struct mb2_tag { uint32_t type, size; };
struct mb2_module { uint32_t type, size, start, end; char cmdline[]; };
struct mb2_mmap { uint32_t type, size, entry_size, entry_version; };
struct mb2_mmap_entry { uint64_t base, length; uint32_t type, reserved; };
struct mb2_efi_mmap { uint32_t type, size, descriptor_size, descriptor_version; };
struct efi_memory { uint32_t type, pad; uint64_t base, virt, pages, attributes; };
struct mb2_framebuffer {
    uint32_t type, size;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bpp, kind;
    uint16_t reserved;
    uint8_t red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
} __attribute__((packed));

#endif
