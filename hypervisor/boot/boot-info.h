/* What the boot loader and the firmware tell, in one form for multiboot2 (and multiboot1). Filled in once by
 * boot/. All addresses are machine addresses; strings are copies. */
#ifndef ENSO_BOOT_BOOT_INFO_H
#define ENSO_BOOT_BOOT_INFO_H

#include "lib/types.h"

#define BOOT_MAX_RANGES  256
#define BOOT_MAX_MODULES 8

/* Types as in E820: 1 RAM, 2 reserved, 3 ACPI reclaimable, 4 ACPI NVS, 5 bad. Sorted, not overlapping, page
 * aligned for RAM. */
struct boot_range { uint64_t start, end; uint32_t type; };
struct boot_module { uint64_t start, end; char cmdline[1024]; };

struct boot_info {
    char cmdline[1024];
    char loader[64];
    struct boot_range ranges[BOOT_MAX_RANGES];
    unsigned int range_count;
    struct boot_module modules[BOOT_MAX_MODULES];   /* 0: control-domain kernel, 1: boot archive */
    unsigned int module_count;
    uint64_t rsdp;                                  /* machine address of the ACPI RSDP, 0: search */
    struct {
        uint64_t address;
        uint32_t pitch, width, height;              /* bytes a line; pixels */
        uint8_t bpp, type;                          /* type as in multiboot2: 1 direct colour, 2 text */
        uint8_t red_pos, green_pos, blue_pos;
    } framebuffer;
    bool efi;
    uint64_t image_start, image_end;                /* the hypervisor's image in memory */
    uint64_t early_tables_end;                      /* image_end to here: first page tables and stack */
};

/* Value of "name=value" in a command line, or of "name" alone (then ""). False if absent. */
bool cmdline_option(const char *cmdline, const char *name, char *value, size_t size);
/* True if `word` is one of the comma-separated words of `list`. */
bool cmdline_list_has(const char *list, const char *word);
extern struct boot_info boot_info;

#endif
