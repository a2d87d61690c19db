/* Reads __xen_guest. Numbers are decimal or 0x hexadecimal; HYPERCALL_PAGE counts pages from VIRT_BASE. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_legacy.h"
#include "image_notes.h"

#define SECTION_LIMIT 4096u

struct legacy {
    struct image_notes *notes;
    const char *name;
    struct toolstack_error *err;
    uint64_t hypercall_page; /* a page number, or IMAGE_UNSET */
};

static int bad_value(const struct legacy *l, const char *key, const char *value)
{
    return toolstack_fail(l->err, -EBADMSG, l->name, "__xen_guest: bad value `%.40s` for %.40s", value, key);
}

static int take_number(const struct legacy *l, const char *key, const char *value, uint64_t *number)
{
    char *end;

    errno = 0;
    *number = strtoull(value, &end, 0);
    return errno || *end || end == value || *value == '-' ? bad_value(l, key, value) : 0;
}

static int take_text(const struct legacy *l, const char *key, const char *value, char *out, size_t size)
{
    if (strlen(value) >= size)
        return bad_value(l, key, value);
    snprintf(out, size, "%s", value);
    return 0;
}

static int take_pair(struct legacy *l, const char *key, const char *value)
{
    struct image_notes *n = l->notes;

    if (!strcmp(key, "GUEST_OS"))
        return take_text(l, key, value, n->guest_os, sizeof(n->guest_os));
    if (!strcmp(key, "GUEST_VER"))
        return take_text(l, key, value, n->guest_version, sizeof(n->guest_version));
    if (!strcmp(key, "XEN_VER"))
        return take_text(l, key, value, n->xen_version, sizeof(n->xen_version));
    if (!strcmp(key, "LOADER"))
        return take_text(l, key, value, n->loader, sizeof(n->loader));
    if (!strcmp(key, "PAE"))
        return take_text(l, key, value, n->pae_mode, sizeof(n->pae_mode));
    if (!strcmp(key, "VIRT_BASE"))
        return take_number(l, key, value, &n->virt_base);
    if (!strcmp(key, "VIRT_ENTRY"))
        return take_number(l, key, value, &n->entry);
    if (!strcmp(key, "ELF_PADDR_OFFSET"))
        return take_number(l, key, value, &n->paddr_offset);
    if (!strcmp(key, "HYPERCALL_PAGE"))
        return take_number(l, key, value, &l->hypercall_page);
    if (!strcmp(key, "FEATURES"))
        return image_features(n, value, l->name, l->err);
    if (!strcmp(key, "BSD_SYMTAB"))
        n->bsd_symtab = true;
    return 0;
}

int image_legacy_read(struct image_notes *notes, struct view section, const char *name,
                      struct toolstack_error *err)
{
    struct legacy l = { .notes = notes, .name = name, .err = err, .hypercall_page = IMAGE_UNSET };
    char text[SECTION_LIMIT + 1], *pair, *rest = text;
    uint64_t base;

    if (section.size > SECTION_LIMIT)
        return toolstack_fail(err, -EBADMSG, name, "__xen_guest is longer than %u bytes", SECTION_LIMIT);
    memcpy(text, section.at, section.size);
    text[section.size] = 0;

    while ((pair = strsep(&rest, ",")) != NULL) {
        char *value = pair;
        const char *key = strsep(&value, "=");
        int rc = take_pair(&l, key, value ? value : "");

        if (rc)
            return rc;
    }
    if (l.hypercall_page == IMAGE_UNSET)
        return 0;
    base = notes->virt_base == IMAGE_UNSET ? 0 : notes->virt_base;
    if (l.hypercall_page > (UINT64_MAX - base) >> 12)
        return toolstack_fail(err, -EBADMSG, name, "__xen_guest: HYPERCALL_PAGE is beyond the address space");
    notes->hypercall_page = base + (l.hypercall_page << 12);
    return 0;
}
