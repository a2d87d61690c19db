/* The steps that fill in boot_info. boot/ only. */
#ifndef ENSO_BOOT_BOOT_PARSE_H
#define ENSO_BOOT_BOOT_PARSE_H

#include "boot/boot-info.h"

/* Everything, from what the loader left in eax and ebx; panics when there is nothing usable. */
void boot_info_read(struct boot_info *info, uint32_t magic, uint64_t address);

void multiboot1_read(struct boot_info *info, uint64_t address);
void multiboot2_read(struct boot_info *info, uint64_t address);
/* One entry of a memory map, in any order. More than fit are dropped: RAM that we do not know of is not
 * used. */
void boot_add_range(struct boot_info *info, uint64_t start, uint64_t bytes, uint32_t type);
/* Sorts the ranges, resolves overlaps (what is not RAM wins), joins neighbours, trims RAM to whole pages. */
void boot_sort_ranges(struct boot_info *info);

#endif
