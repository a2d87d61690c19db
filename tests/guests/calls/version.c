/* version.c: xen_version. The class of bug: a buffer of the hypervisor's handed out whole, with whatever the
 * stack held behind the text (XSA-122); an answer written where the guest may not write. */
#include "calls.h"
#include "case.h"
#include "place.h"

#include <string.h>
#include <xen/features.h>

static long feature_word(unsigned int index, uint32_t *word)
{
    xen_feature_info_t features = { .submap_idx = index, .submap = *word };
    long rc = HYPERVISOR_xen_version(XENVER_get_features, &features);

    *word = features.submap;
    return rc;
}

static void features(void)
{
    static const struct {
        const char *name;
        unsigned int bit, want;
    } rows[] = {
        { "writable_page_tables", XENFEAT_writable_page_tables, 0 },
        { "writable_descriptor_tables", XENFEAT_writable_descriptor_tables, 0 },
        { "auto_translated_physmap", XENFEAT_auto_translated_physmap, 0 },
        { "supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel, 0 },
        { "pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb, 0 },
        { "mmu_pt_update_preserve_ad", XENFEAT_mmu_pt_update_preserve_ad, 1 },
        { "highmem_assist", XENFEAT_highmem_assist, 1 },
        { "gnttab_map_avail_bits", XENFEAT_gnttab_map_avail_bits, 1 },
        { "hvm_callback_vector", XENFEAT_hvm_callback_vector, 0 },
        { "hvm_safe_pvclock", XENFEAT_hvm_safe_pvclock, 0 },
        { "hvm_pirqs", XENFEAT_hvm_pirqs, 0 },
        { "memory_op_vnode_supported", XENFEAT_memory_op_vnode_supported, 1 },
        { "not_direct_mapped", XENFEAT_not_direct_mapped, 0 },
        { "direct_mapped", XENFEAT_direct_mapped, 1 },
    };
    static const unsigned int beyond[] = { 1, 2, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff };
    uint32_t word = 0;
    unsigned int i;

    check("XENVER_get_features, word 0", feature_word(0, &word), 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(named("feature %s", rows[i].name), word >> rows[i].bit & 1, rows[i].want);
    check_true("feature dom0 tells who we are", (word >> XENFEAT_dom0 & 1) == pv_is_control_domain());
    for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        word = 0x12345678;
        check_state(named("XENVER_get_features, word %#x", beyond[i]), feature_word(beyond[i], &word),
                    -XEN_EINVAL,
                    "the answer's place is as it was", word == 0x12345678);
    }
}

static long build_id(void *id, uint32_t len)
{
    memcpy(id, &len, sizeof(len));
    return HYPERVISOR_xen_version(XENVER_build_id, id);
}

void version_values(void)
{
    static unsigned char id[64];
    xen_platform_parameters_t params = { 0 };

    check("XENVER_version", HYPERVISOR_xen_version(XENVER_version, NULL), 4 << 16 | 17);
    check("XENVER_version does not look at its argument", HYPERVISOR_xen_version(XENVER_version, UNMAPPED),
          4 << 16 | 17);
    check("XENVER_pagesize", HYPERVISOR_xen_version(XENVER_pagesize, NULL), 4096);
    check("XENVER_pagesize, with an argument", HYPERVISOR_xen_version(XENVER_pagesize, id), -XEN_EINVAL);
    check("XENVER_pagesize, with an argument that is nowhere",
          HYPERVISOR_xen_version(XENVER_pagesize, UNMAPPED),
          -XEN_EINVAL);
    check_state("XENVER_platform_parameters", HYPERVISOR_xen_version(XENVER_platform_parameters, &params), 0,
                "the hypervisor's half begins where the ABI says", params.virt_start == 0xffff800000000000UL);
    check("XENVER_build_id, length", HYPERVISOR_xen_version(XENVER_build_id, NULL), by_role(-XEN_EPERM, 20));
    check("XENVER_build_id, room for 0 bytes", build_id(id, 0), by_role(-XEN_EPERM, -XEN_EINVAL));
    check("XENVER_build_id, room for 1 byte", build_id(id, 1), by_role(-XEN_EPERM, -XEN_ENOBUFS));
    check("XENVER_build_id, room for 60 bytes", build_id(id, 60), by_role(-XEN_EPERM, 20));
    check("sub-op 11", HYPERVISOR_xen_version(11, id), -XEN_ENOSYS);
    check("sub-op 12", HYPERVISOR_xen_version(12, id), -XEN_ENOSYS);
    features();
}

/* A text in a field of `size` bytes that was full of 0xa5: ended, and zeros behind its end. */
static bool clean(const char *field, size_t size)
{
    size_t used = strnlen(field, size);

    while (used < size)
        if (field[used++] != 0)
            return false;
    return field[size - 1] == 0;
}

static bool untouched(const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != (char)0xa5)
            return false;
    return true;
}

static const struct text {
    const char *name;
    unsigned int cmd, size;
} texts[] = {
    { "XENVER_extraversion", XENVER_extraversion, sizeof(xen_extraversion_t) },
    { "XENVER_capabilities", XENVER_capabilities, sizeof(xen_capabilities_info_t) },
    { "XENVER_changeset", XENVER_changeset, sizeof(xen_changeset_info_t) },
};

static void command_line(char *buffer)
{
    memset(buffer, 0xa5, PV_PAGE_SIZE);
    if (pv_is_control_domain()) {
        check_state("XENVER_commandline", HYPERVISOR_xen_version(XENVER_commandline, buffer), 0,
                    "zeros behind the text, nothing behind the field",
                    clean(buffer, sizeof(xen_commandline_t)) &&
                    untouched(buffer + sizeof(xen_commandline_t), buffer + PV_PAGE_SIZE));
        return;
    }
    /* What a domU may not know is one word, and nothing is written behind it. */
    check_state("XENVER_commandline is not told to a domU",
                HYPERVISOR_xen_version(XENVER_commandline, buffer), 0,
                "one word, nothing behind it", strcmp(buffer, "<denied>") == 0 &&
                untouched(buffer + 9, buffer + PV_PAGE_SIZE));
}

void version_texts(void)
{
    char *buffer = pv_pages_alloc(1);
    struct xen_compile_info *info = (void *)buffer;
    xen_capabilities_info_t caps = "";
    unsigned int i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        long rc;

        memset(buffer, 0xa5, PV_PAGE_SIZE);
        rc = HYPERVISOR_xen_version((int)texts[i].cmd, buffer);
        check_state(named("%s, XSA-122", texts[i].name), rc, 0,
                    "zeros behind the text, nothing behind the field",
                    clean(buffer, texts[i].size) && untouched(buffer + texts[i].size, buffer + PV_PAGE_SIZE));
    }
    memset(buffer, 0xa5, PV_PAGE_SIZE);
    check("XENVER_compile_info", HYPERVISOR_xen_version(XENVER_compile_info, info), 0);
    check_true("its compiler: zeros behind the text, XSA-122", clean(info->compiler, sizeof(info->compiler)));
    check_true("its builder: zeros behind the text, XSA-122",
               clean(info->compile_by, sizeof(info->compile_by)));
    check_true("its builder's domain: zeros behind the text, XSA-122",
               clean(info->compile_domain, sizeof(info->compile_domain)));
    check_true("its date: zeros behind the text, XSA-122",
               clean(info->compile_date, sizeof(info->compile_date)));
    check_true("behind the structure nothing is written",
               untouched((char *)(info + 1), buffer + PV_PAGE_SIZE));
    memset(buffer, 0xa5, PV_PAGE_SIZE);
    check_state("XENVER_guest_handle", HYPERVISOR_xen_version(XENVER_guest_handle, buffer), 0,
                "16 bytes are written",
                untouched(buffer + sizeof(xen_domain_handle_t), buffer + PV_PAGE_SIZE));
    command_line(buffer);
    check("XENVER_capabilities, again", HYPERVISOR_xen_version(XENVER_capabilities, caps), 0);
    check_true("64-bit PV is among them", strstr(caps, "xen-3.0-x86_64 ") != NULL);
    pv_pages_free(buffer, 1);
}

/* What each sub-operation writes, sent to where it must not go. */
void version_pointers(void)
{
    static const struct text rows[] = {
        { "XENVER_extraversion", XENVER_extraversion, sizeof(xen_extraversion_t) },
        { "XENVER_compile_info", XENVER_compile_info, sizeof(struct xen_compile_info) },
        { "XENVER_capabilities", XENVER_capabilities, sizeof(xen_capabilities_info_t) },
        { "XENVER_changeset", XENVER_changeset, sizeof(xen_changeset_info_t) },
        { "XENVER_platform_parameters", XENVER_platform_parameters, sizeof(struct xen_platform_parameters) },
        { "XENVER_get_features", XENVER_get_features, sizeof(struct xen_feature_info) },
        { "XENVER_guest_handle", XENVER_guest_handle, sizeof(xen_domain_handle_t) },
    };
    char *gap = place_before_unmapped(), *wall = place_before_read_only();
    unsigned int i, k;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct {
            const char *name;
            void *at;
            long want;
        } places[] = {
            { "NULL", NULL, -XEN_EFAULT },
            { "unmapped", UNMAPPED, -XEN_EFAULT },
            { "read-only", wall, -XEN_EFAULT },
            { "the hypervisor's address", HYPERVISOR_SPACE, -XEN_EFAULT },
            { "the machine-to-physical table", (void *)MACH2PHYS_VIRT_START, -XEN_EFAULT },
            { "non-canonical", NON_CANONICAL, -XEN_EFAULT },
            { "its last byte on an unmapped page", gap - rows[i].size + 1, -XEN_EFAULT },
            { "its last byte on a read-only page", wall - rows[i].size + 1, -XEN_EFAULT },
            { "its end at the end of a page", gap - rows[i].size, 0 },
        };

        for (k = 0; k < sizeof(places) / sizeof(places[0]); k++)
            check(named("%s to %s", rows[i].name, places[k].name),
                  HYPERVISOR_xen_version((int)rows[i].cmd, places[k].at), places[k].want);
    }
    check("XENVER_commandline to unmapped", HYPERVISOR_xen_version(XENVER_commandline, UNMAPPED),
          -XEN_EFAULT);
    check("XENVER_commandline to the hypervisor's address",
          HYPERVISOR_xen_version(XENVER_commandline, HYPERVISOR_SPACE), -XEN_EFAULT);
    place_end(gap);
    place_end(wall);
}
