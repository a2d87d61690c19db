/* Xen's ELF notes in PT_NOTE segments or note sections, and the features string. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image_legacy.h"
#include "image_notes.h"

enum note_type {
    NOTE_ENTRY = 1, NOTE_HYPERCALL_PAGE, NOTE_VIRT_BASE, NOTE_PADDR_OFFSET, NOTE_XEN_VERSION, NOTE_GUEST_OS,
    NOTE_GUEST_VERSION, NOTE_LOADER, NOTE_PAE_MODE, NOTE_FEATURES, NOTE_BSD_SYMTAB, NOTE_HV_START_LOW,
    NOTE_L1_MFN_VALID, NOTE_SUSPEND_CANCEL, NOTE_INIT_P2M, NOTE_MOD_START_PFN, NOTE_SUPPORTED_FEATURES,
    NOTE_PHYS32_ENTRY
};

#define NOTE_HEADER 12u
#define TEXT_LIMIT  512u /* longest string of a note that is looked at */

static const char *const feature_names[] = {
    "writable_page_tables", "writable_descriptor_tables", "auto_translated_physmap",
    "supervisor_mode_kernel", "pae_pgdir_above_4gb", "mmu_pt_update_preserve_ad", "highmem_assist",
    "gnttab_map_avail_bits", "hvm_callback_vector", "hvm_safe_pvclock", "hvm_pirqs", "dom0",
    "grant_map_identity", "memory_op_vnode_supported",
};
#define FEATURES (sizeof(feature_names) / sizeof(feature_names[0]))

/* Features that a PV kernel may insist on and still run: the two writable_* are requests that a hypervisor is
 * free to meet in its own way (trapped writes), the others are there. */
#define ACCEPTABLE (1u << 0 | 1u << 1 | 1u << 4 | 1u << 5 | 1u << 7 | 1u << 13)

struct scan {
    struct image_notes *notes;
    const struct elf_file *elf;
    struct toolstack_error *err;
    unsigned found;   /* notes named "Xen" */
    bool pvh;         /* has PHYS32_ENTRY */
};

int image_features(struct image_notes *notes, const char *text, const char *name, struct toolstack_error *err)
{
    while (*text) {
        bool required = *text == '!';
        const char *word = text + required;
        size_t length = strcspn(word, "| \t"), i;

        for (i = 0; i < FEATURES; i++)
            if (strlen(feature_names[i]) == length && !strncmp(word, feature_names[i], length))
                break;
        if (i < FEATURES) {
            notes->supported |= UINT64_C(1) << i;
            if (required)
                notes->required |= UINT64_C(1) << i;
        }
        if (required && (i == FEATURES || !(ACCEPTABLE >> i & 1)))
            return toolstack_fail(err, -ENOEXEC, name,
                                  "the kernel requires the feature `%.*s`, which PV domains here do not have",
                                  length > 40 ? 40 : (int)length, word);
        text = word + length;
        text += strspn(text, "| \t");
    }
    return 0;
}

static int take_text(struct scan *s, struct view v, char *out, size_t size)
{
    size_t length = 0;

    while (length < v.size && v.at[length])
        length++;
    if (length >= size)
        return toolstack_fail(s->err, -EBADMSG, s->elf->name, "a note holds a string of %llu bytes, limit %u",
                              (unsigned long long)length, (unsigned)size - 1);
    memcpy(out, v.at, length);
    out[length] = 0;
    return 0;
}

static int take_number(struct scan *s, struct view v, uint64_t *number)
{
    if (v.size != 1 && v.size != 2 && v.size != 4 && v.size != 8)
        return toolstack_fail(s->err, -EBADMSG, s->elf->name, "a numeric note has %llu bytes",
                              (unsigned long long)v.size);
    *number = view_number(v, 0, (unsigned)v.size);
    return 0;
}

static int take_features(struct scan *s, struct view v)
{
    char text[TEXT_LIMIT];
    int rc = take_text(s, v, text, sizeof(text));

    return rc ? rc : image_features(s->notes, text, s->elf->name, s->err);
}

static int take_l1_mfn_valid(struct scan *s, struct view v)
{
    if (v.size != 16)
        return toolstack_fail(s->err, -EBADMSG, s->elf->name, "L1_MFN_VALID has %llu bytes, expected 16",
                              (unsigned long long)v.size);
    s->notes->l1_mfn_mask = view_number(v, 0, 8);
    s->notes->l1_mfn_value = view_number(v, 8, 8);
    return 0;
}

static int take_flag(struct scan *s, struct view v, bool *flag)
{
    uint64_t number = 0;
    int rc = take_number(s, v, &number);

    *flag = number != 0;
    return rc;
}

static int take_yes(struct scan *s, struct view v, bool *flag)
{
    char text[TEXT_LIMIT];
    int rc = take_text(s, v, text, sizeof(text));

    *flag = rc == 0 && !strcmp(text, "yes");
    return rc;
}

static int take_supported(struct scan *s, struct view v)
{
    uint64_t bits = 0;
    int rc = take_number(s, v, &bits);

    s->notes->supported |= bits;
    return rc;
}

static int take_suspend_cancel(struct scan *s, struct view v)
{
    uint64_t number = 0;
    int rc = take_number(s, v, &number);

    s->notes->suspend_cancel = (unsigned)number;
    return rc;
}

static int take_note(struct scan *s, uint32_t type, struct view v)
{
    struct image_notes *n = s->notes;

    switch (type) {
    case NOTE_ENTRY:              return take_number(s, v, &n->entry);
    case NOTE_HYPERCALL_PAGE:     return take_number(s, v, &n->hypercall_page);
    case NOTE_VIRT_BASE:          return take_number(s, v, &n->virt_base);
    case NOTE_PADDR_OFFSET:       return take_number(s, v, &n->paddr_offset);
    case NOTE_XEN_VERSION:        return take_text(s, v, n->xen_version, sizeof(n->xen_version));
    case NOTE_GUEST_OS:           return take_text(s, v, n->guest_os, sizeof(n->guest_os));
    case NOTE_GUEST_VERSION:      return take_text(s, v, n->guest_version, sizeof(n->guest_version));
    case NOTE_LOADER:             return take_text(s, v, n->loader, sizeof(n->loader));
    case NOTE_PAE_MODE:           return take_text(s, v, n->pae_mode, sizeof(n->pae_mode));
    case NOTE_FEATURES:           return take_features(s, v);
    case NOTE_BSD_SYMTAB:         return take_yes(s, v, &n->bsd_symtab);
    case NOTE_HV_START_LOW:       return take_number(s, v, &n->hv_start_low);
    case NOTE_L1_MFN_VALID:       return take_l1_mfn_valid(s, v);
    case NOTE_SUSPEND_CANCEL:     return take_suspend_cancel(s, v);
    case NOTE_INIT_P2M:           return take_number(s, v, &n->init_p2m);
    case NOTE_MOD_START_PFN:      return take_flag(s, v, &n->mod_start_pfn);
    case NOTE_SUPPORTED_FEATURES: return take_supported(s, v);
    case NOTE_PHYS32_ENTRY:       s->pvh = true; return 0;
    default:                      return 0; /* newer notes are hints by definition */
    }
}

static uint64_t round_up(uint64_t value)
{
    return (value + 3) & ~UINT64_C(3);
}

/* All notes of one segment or section. Sizes are 32-bit, so 64-bit sums cannot wrap. Notes are padded to four
 * bytes whatever alignment the segment claims: so does everybody who writes or reads Xen's. */
static int scan_notes(struct scan *s, struct view v)
{
    uint64_t at = 0;

    while (view_has(v, at, NOTE_HEADER)) {
        uint64_t name_size = view_number(v, at, 4), size = view_number(v, at + 4, 4);
        uint32_t type = (uint32_t)view_number(v, at + 8, 4);
        uint64_t desc = at + round_up(NOTE_HEADER + name_size);

        if (!view_has(v, at + NOTE_HEADER, name_size) || !view_has(v, desc, size))
            return toolstack_fail(s->err, -EBADMSG, s->elf->name, "a note (type %u) runs out of its segment",
                                  (unsigned)type);
        if (name_size == 4 && !memcmp(v.at + at + NOTE_HEADER, "Xen", 4)) {
            int rc = take_note(s, type, view_part(v, desc, size));

            if (rc)
                return rc;
            s->found++;
        }
        at = round_up(desc + size);
    }
    return 0;
}

static int scan_segments(struct scan *s)
{
    for (unsigned i = 0; i < s->elf->programs; i++) {
        struct elf_program p = elf_program(s->elf, i);
        int rc;

        if (p.type != ELF_PT_NOTE)
            continue;
        if (!view_has(s->elf->bytes, p.offset, p.file_size))
            return toolstack_fail(s->err, -EBADMSG, s->elf->name,
                                  "note segment %u lies outside of the file", i);
        rc = scan_notes(s, view_part(s->elf->bytes, p.offset, p.file_size));
        if (rc)
            return rc;
    }
    return 0;
}

static int scan_sections(struct scan *s)
{
    for (unsigned i = 0; i < s->elf->sections; i++) {
        struct elf_section section = elf_section(s->elf, i);
        int rc;

        if (section.type != ELF_SHT_NOTE)
            continue;
        if (!view_has(s->elf->bytes, section.offset, section.size))
            return toolstack_fail(s->err, -EBADMSG, s->elf->name,
                                  "note section %u lies outside of the file", i);
        rc = scan_notes(s, view_part(s->elf->bytes, section.offset, section.size));
        if (rc)
            return rc;
    }
    return 0;
}

static int scan_legacy(struct scan *s)
{
    for (unsigned i = 0; i < s->elf->sections; i++) {
        struct elf_section section = elf_section(s->elf, i);

        if (!elf_section_named(s->elf, i, "__xen_guest"))
            continue;
        if (!view_has(s->elf->bytes, section.offset, section.size))
            return toolstack_fail(s->err, -EBADMSG, s->elf->name, "__xen_guest lies outside of the file");
        s->notes->legacy = true;
        s->found++;
        return image_legacy_read(s->notes, view_part(s->elf->bytes, section.offset, section.size),
                                 s->elf->name, s->err);
    }
    return 0;
}

static int check_demands(const struct scan *s)
{
    const struct image_notes *n = s->notes;

    if (s->found == 0) {
        toolstack_fail(s->err, -ENOEXEC, s->elf->name,
                       "not a PV kernel: neither Xen ELF notes nor a __xen_guest section");
        toolstack_advise(s->err, "use a kernel built with PV guest support (Linux: CONFIG_XEN_PV)");
        return -ENOEXEC;
    }
    if (!n->loader[0] && !n->xen_version[0] && s->pvh) {
        toolstack_fail(s->err, -ENOEXEC, s->elf->name, "not a PV kernel: it can only be started as PVH");
        toolstack_advise(s->err, "use a kernel built with PV guest support (Linux: CONFIG_XEN_PV)");
        return -ENOEXEC;
    }
    if (strncmp(n->loader, "generic", 7) && strncmp(n->guest_os, "linux", 5))
        return toolstack_fail(s->err, -ENOEXEC, s->elf->name,
                              "made for the loader `%s`, only `generic` is known", n->loader);
    if (strncmp(n->xen_version, "xen-3.0", 7))
        return toolstack_fail(s->err, -ENOEXEC, s->elf->name,
                              "made for the interface `%s`, this is `xen-3.0`", n->xen_version);
    return 0;
}

int image_notes_read(struct image_notes *notes, const struct elf_file *elf, struct toolstack_error *err)
{
    struct scan s = { .notes = notes, .elf = elf, .err = err };
    int rc;

    *notes = (struct image_notes){
        .virt_base = IMAGE_UNSET, .paddr_offset = IMAGE_UNSET, .entry = IMAGE_UNSET,
        .hypercall_page = IMAGE_UNSET, .init_p2m = IMAGE_UNSET, .hv_start_low = IMAGE_UNSET,
    };
    rc = scan_segments(&s);
    if (rc == 0 && s.found == 0)
        rc = scan_sections(&s);
    if (rc == 0 && s.found == 0)
        rc = scan_legacy(&s);
    return rc ? rc : check_demands(&s);
}
