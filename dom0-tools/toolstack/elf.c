/* Reading ELF64 headers. Offsets are those of the ELF specification; nothing is cast onto the bytes. */
#include <errno.h>
#include <string.h>

#include "elf.h"

enum {
    EHDR_SIZE = 64, PHDR_SIZE = 56, SHDR_SIZE = 64,
    CLASS_32 = 1, CLASS_64 = 2, LITTLE_ENDIAN_DATA = 1,
    TYPE_EXEC = 2, TYPE_DYN = 3, MACHINE_X86_64 = 62
};

static int check_kind(const struct elf_file *elf, struct toolstack_error *err)
{
    struct view v = elf->bytes;
    uint64_t type = view_number(v, 16, 2), machine = view_number(v, 18, 2);

    if (!view_has(v, 0, 4) || memcmp(v.at, "\177ELF", 4))
        return toolstack_fail(err, -ENOEXEC, elf->name, "not an ELF file");
    if (!view_has(v, 0, EHDR_SIZE))
        return toolstack_fail(err, -EBADMSG, elf->name, "truncated: %llu bytes do not hold an ELF header",
                              (unsigned long long)v.size);
    if (v.at[4] == CLASS_32)
        return toolstack_fail(err, -ENOEXEC, elf->name, "32-bit kernels cannot run here, only 64-bit ones");
    if (v.at[4] != CLASS_64 || v.at[5] != LITTLE_ENDIAN_DATA)
        return toolstack_fail(err, -ENOEXEC, elf->name, "not a little-endian ELF64 file");
    if (machine != MACHINE_X86_64)
        return toolstack_fail(err, -ENOEXEC, elf->name, "built for ELF machine %u, not for x86-64",
                              (unsigned)machine);
    if (type != TYPE_EXEC && type != TYPE_DYN)
        return toolstack_fail(err, -ENOEXEC, elf->name, "ELF file of type %u is not a program",
                              (unsigned)type);
    return 0;
}

int elf_open(struct elf_file *elf, const char *name, struct view bytes, struct toolstack_error *err)
{
    uint64_t program_size, section_size;
    int rc;

    *elf = (struct elf_file){ .bytes = bytes, .name = name };
    rc = check_kind(elf, err);
    if (rc)
        return rc;

    elf->entry = view_number(bytes, 24, 8);
    elf->program_offset = view_number(bytes, 32, 8);
    elf->section_offset = view_number(bytes, 40, 8);
    program_size = view_number(bytes, 54, 2);
    elf->programs = (unsigned)view_number(bytes, 56, 2);
    section_size = view_number(bytes, 58, 2);
    elf->sections = (unsigned)view_number(bytes, 60, 2);
    elf->names_section = (unsigned)view_number(bytes, 62, 2);

    if (elf->programs == 0 || elf->programs > ELF_MAX_PROGRAM_HEADERS)
        return toolstack_fail(err, -EBADMSG, name, "%u program headers, expected 1 to %u", elf->programs,
                              ELF_MAX_PROGRAM_HEADERS);
    if (program_size != PHDR_SIZE)
        return toolstack_fail(err, -EBADMSG, name, "program headers of %u bytes, expected %u",
                              (unsigned)program_size, PHDR_SIZE);
    if (!view_has(bytes, elf->program_offset, (uint64_t)elf->programs * PHDR_SIZE))
        return toolstack_fail(err, -EBADMSG, name, "program headers lie outside of the file");

    /* Sections only matter for kernels without program-header notes: a stripped or odd table is no error. */
    if (section_size != SHDR_SIZE || elf->sections > ELF_MAX_SECTIONS ||
        !view_has(bytes, elf->section_offset, (uint64_t)elf->sections * SHDR_SIZE))
        elf->sections = 0;
    return 0;
}

struct elf_program elf_program(const struct elf_file *elf, unsigned i)
{
    uint64_t at = elf->program_offset + (uint64_t)i * PHDR_SIZE;

    return (struct elf_program){
        .type = (uint32_t)view_number(elf->bytes, at, 4),
        .offset = view_number(elf->bytes, at + 8, 8),
        .paddr = view_number(elf->bytes, at + 24, 8),
        .file_size = view_number(elf->bytes, at + 32, 8),
        .memory_size = view_number(elf->bytes, at + 40, 8),
    };
}

struct elf_section elf_section(const struct elf_file *elf, unsigned i)
{
    uint64_t at = elf->section_offset + (uint64_t)i * SHDR_SIZE;

    return (struct elf_section){
        .name = (uint32_t)view_number(elf->bytes, at, 4),
        .type = (uint32_t)view_number(elf->bytes, at + 4, 4),
        .offset = view_number(elf->bytes, at + 24, 8),
        .size = view_number(elf->bytes, at + 32, 8),
    };
}

bool elf_section_named(const struct elf_file *elf, unsigned i, const char *name)
{
    size_t length = strlen(name) + 1;
    struct elf_section names;
    struct view v;

    if (elf->names_section >= elf->sections)
        return false;
    names = elf_section(elf, elf->names_section);
    v = view_part(elf->bytes, names.offset, names.size);
    v = view_part(v, elf_section(elf, i).name, length);
    return v.size == length && !memcmp(v.at, name, length);
}
