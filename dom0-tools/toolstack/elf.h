/* ELF64 through a bounded view: the headers, copied and checked. Pure. */
#ifndef ENSO_TOOLSTACK_ELF_H
#define ENSO_TOOLSTACK_ELF_H

#include "error.h"
#include "view.h"

#define ELF_PT_LOAD  1u
#define ELF_PT_NOTE  4u
#define ELF_SHT_NOTE 7u

#define ELF_MAX_PROGRAM_HEADERS 128u
#define ELF_MAX_SECTIONS        4096u

struct elf_file {
    struct view bytes;
    const char *name; /* for errors */
    uint64_t entry;
    uint64_t program_offset;
    unsigned programs;
    uint64_t section_offset;
    unsigned sections;      /* 0: no table, or one that is not to be believed */
    unsigned names_section;
};

struct elf_program {
    uint32_t type;
    uint64_t offset, paddr, file_size, memory_size;
};

struct elf_section {
    uint32_t name;          /* offset in the section of names */
    uint32_t type;
    uint64_t offset, size;
};

/* Checks the file header and finds the tables. 0, or -ENOEXEC (another kind of file or processor), -EBADMSG
 * (truncated or contradictory), with err filled. */
int elf_open(struct elf_file *elf, const char *name, struct view bytes, struct toolstack_error *err);

/* Header i of the tables; i must be below the count. */
struct elf_program elf_program(const struct elf_file *elf, unsigned i);
struct elf_section elf_section(const struct elf_file *elf, unsigned i);

/* True if section i has that name. */
bool elf_section_named(const struct elf_file *elf, unsigned i, const char *name);

#endif
