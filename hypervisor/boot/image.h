/* Where the parts of the hypervisor's image lie: symbols of hypervisor.ld. */
#ifndef ENSO_BOOT_IMAGE_H
#define ENSO_BOOT_IMAGE_H

#include "boot/memory-map.h"
#include "lib/types.h"

extern const uint8_t image_start[];     /* text: read and execute */
extern const uint8_t image_rodata[];    /* read only */
extern const uint8_t image_data[];      /* data, bss: read and write */
extern const uint8_t image_end[];
extern const uint8_t early_stack[];     /* from here to early_end: used until paging_init is done */
extern const uint8_t early_end[];

static inline uint64_t image_phys(const void *p) { return (uint64_t)(uintptr_t)p - IMAGE_VIRT; }

#endif
