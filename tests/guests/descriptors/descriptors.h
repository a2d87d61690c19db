/* descriptors.h: between the files of this kernel. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include "run.h"

void test_gdt(void);
void test_update_descriptor(void);
void test_ldt(void);
void test_ldt_user(void);
void test_bases(void);

/* LAR and LSL: the value, or -1 where ZF says that the selector is not visible. The upper bits of the
 * limit, which some processors show in LAR, are left out. */
long load_rights(uint16_t selector);
long load_limit(uint16_t selector);
/* VERR, VERW */
bool may_read(uint16_t selector);
bool may_write(uint16_t selector);

enum segment { SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_SS, SEGMENTS };
extern const char *const segment_names[SEGMENTS];

/* Loads the selector into a segment register: 0 or TRAP(). The register is then what it was before. */
long try_load(enum segment segment, uint16_t selector);

long set_ldt(const void *base, unsigned long entries);

/* Descriptors of 4 GiB at 0. */
#define DATA_DPL3   0x00cff3000000ffffUL
#define DATA_DPL0   0x00cf93000000ffffUL
#define CODE64_DPL3 0x00affb000000ffffUL
#define CODE64_DPL0 0x00af9b000000ffffUL
#define CODE32_DPL3 0x00cffb000000ffffUL
#define CALL_GATE   0x0040ec00e0330000UL    /* to FLAT_RING3_CS64 */
#define TSS_FREE    0x0000890000000067UL
#define LDT_DESC    0x0000e20000000fffUL

#endif
