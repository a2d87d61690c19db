/* What the keys of a configuration mean: one table, one function per kind of value, then the checks that
 * concern several keys. All wrong values are reported, not only the first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_cpus.h"
#include "config_syntax.h"

#define MEMORY_LIMIT_MIB (16u << 20) /* 16 TiB: what 32-bit frame numbers of grants reach */
#define MEMORY_DEFAULT_MIB 32u       /* as xl */
#define PVGRUB64 "/usr/lib/grub-xen/grub-x86_64-xen.bin" /* in the boot archive, as on a Debian host */

struct apply {
    struct domain_config *config;
    const struct config_settings *settings;
    struct config_report *report;
    bool pvgrub;                /* `firmware` asked for GRUB */
};

static void wrong(struct apply *a, const struct config_place *place, const char *key, const char *what)
{
    config_remark(a->report, CONFIG_ERROR, place, "%s: %s", key, what);
}

/* An atom's text; NULL with a remark for a list. */
static const char *text_of(struct apply *a, const struct config_setting *s)
{
    if (!s->value->is_list)
        return s->value->text;
    wrong(a, &s->value->place, s->key, "must be a string, not a list");
    return NULL;
}

static bool number_of_text(const char *text, uint64_t *number)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, hex ? 16 : 10);
    return errno == 0 && *end == 0 && !(hex && end == text + 2);
}

static bool number_of(struct apply *a, const struct config_setting *s, uint64_t least, uint64_t most,
                      uint64_t *number)
{
    if (s->value->is_list || !number_of_text(s->value->text, number)) {
        wrong(a, &s->value->place, s->key, "must be a number, decimal or 0x hexadecimal");
        return false;
    }
    if (*number >= least && *number <= most)
        return true;
    config_remark(a->report, CONFIG_ERROR, &s->value->place, "%s: must be from %llu to %llu", s->key,
                  (unsigned long long)least, (unsigned long long)most);
    return false;
}

static void copy_text(struct apply *a, const struct config_setting *s, char *to, size_t size)
{
    const char *text = text_of(a, s);

    if (!text)
        return;
    if (strlen(text) >= size)
        config_remark(a->report, CONFIG_ERROR, &s->value->place, "%s: longer than %u bytes", s->key,
                      (unsigned)size - 1);
    else
        memcpy(to, text, strlen(text) + 1);
}

static void apply_name(struct apply *a, const struct config_setting *s)
{
    const char *text = text_of(a, s), *problem;

    if (!text)
        return;
    problem = config_name_problem(text);
    if (problem)
        wrong(a, &s->value->place, s->key, problem);
    else
        memcpy(a->config->name, text, strlen(text) + 1);
}

static void apply_type(struct apply *a, const struct config_setting *s)
{
    const char *text = text_of(a, s);

    if (text && strcmp(text, "pv"))
        wrong(a, &s->value->place, s->key, "only \"pv\" guests run here: no hardware virtualisation is used");
}

static void apply_builder(struct apply *a, const struct config_setting *s)
{
    const char *text = text_of(a, s);

    if (text && strcmp(text, "generic") && strcmp(text, "linux"))
        wrong(a, &s->value->place, s->key, "only \"generic\" (a PV guest) can be built here");
}

static void apply_kernel(struct apply *a, const struct config_setting *s)
{
    copy_text(a, s, a->config->kernel, sizeof(a->config->kernel));
}

static void apply_ramdisk(struct apply *a, const struct config_setting *s)
{
    copy_text(a, s, a->config->ramdisk, sizeof(a->config->ramdisk));
}

/* cmdline, root and extra depend on each other: check_cmdline() uses them. */
static void apply_cmdline_part(struct apply *a, const struct config_setting *s)
{
    (void)text_of(a, s);
}

static void apply_memory(struct apply *a, const struct config_setting *s)
{
    uint64_t mib;

    if (number_of(a, s, 1, MEMORY_LIMIT_MIB, &mib))
        a->config->memory_kib = mib << 10;
}

static void apply_maxmem(struct apply *a, const struct config_setting *s)
{
    uint64_t mib;

    if (number_of(a, s, 1, MEMORY_LIMIT_MIB, &mib))
        a->config->maxmem_kib = mib << 10;
}

static void apply_vcpus(struct apply *a, const struct config_setting *s)
{
    uint64_t n;

    if (number_of(a, s, 1, CONFIG_MAX_VCPUS, &n))
        a->config->vcpus = (unsigned)n;
}

static void apply_maxvcpus(struct apply *a, const struct config_setting *s)
{
    uint64_t n;

    if (number_of(a, s, 1, CONFIG_MAX_VCPUS, &n))
        a->config->maxvcpus = (unsigned)n;
}

static bool cpu_set_of(struct apply *a, const char *key, const struct config_value *v,
                       struct config_cpus *cpus)
{
    struct config_place place = v->place;
    const char *problem;
    unsigned offset;

    if (v->is_list) {
        wrong(a, &place, key, "a member must be a number or a string");
        return false;
    }
    problem = config_cpus_parse(v->text, cpus, &offset);
    if (!problem)
        return true;
    config_remark(a->report, CONFIG_ERROR, &place, "%s: %s, at byte %u of \"%.100s\"", key, problem,
                  offset + 1, v->text);
    return false;
}

/* A string is the set for all vcpus, a list has one set per vcpu; the vcpus beyond it may use all the sets.
 * */
static void apply_cpus(struct apply *a, const struct config_setting *s)
{
    struct domain_config *c = a->config;
    struct config_cpus all = { { 0 } };
    const struct config_value *v;
    unsigned n = 0;

    if (s->value->is_list && s->value->members > CONFIG_MAX_VCPUS) {
        wrong(a, &s->value->place, s->key, "more than 128 members");
        return;
    }
    for (v = s->value->is_list ? s->value->first : s->value; v; v = v->next, n++) {
        if (!cpu_set_of(a, s->key, v, &c->cpus[n]))
            return;
        for (unsigned i = 0; i < CONFIG_MAX_CPUS / 64; i++)
            all.bits[i] |= c->cpus[n].bits[i];
    }
    c->has_cpus = n > 0;
    for (; n < CONFIG_MAX_VCPUS; n++)
        c->cpus[n] = all;
}

static void apply_cpu_weight(struct apply *a, const struct config_setting *s)
{
    uint64_t n;

    if (number_of(a, s, 1, 65535, &n))
        a->config->cpu_weight = (unsigned)n;
}

static void apply_cap(struct apply *a, const struct config_setting *s)
{
    uint64_t n;

    if (number_of(a, s, 0, 100 * CONFIG_MAX_VCPUS, &n))
        a->config->cap = (unsigned)n;
}

static void apply_action(struct apply *a, const struct config_setting *s, enum config_action *action)
{
    const char *text = text_of(a, s);

    if (!text)
        return;
    for (unsigned i = CONFIG_DESTROY; i <= CONFIG_RENAME_RESTART; i++) {
        if (!strcmp(text, config_action_name((enum config_action)i))) {
            *action = (enum config_action)i;
            return;
        }
    }
    if (!strncmp(text, "coredump-", 9))
        wrong(a, &s->value->place, s->key, "core dumps cannot be written yet; \"preserve\" keeps the domain");
    else if (!strcmp(text, "soft-reset"))
        wrong(a, &s->value->place, s->key, "soft reset is for guests with hardware virtualisation");
    else
        wrong(a, &s->value->place, s->key, "must be destroy, restart, preserve or rename-restart");
}

static void apply_on_poweroff(struct apply *a, const struct config_setting *s)
{
    apply_action(a, s, &a->config->on_poweroff);
}

static void apply_on_reboot(struct apply *a, const struct config_setting *s)
{
    apply_action(a, s, &a->config->on_reboot);
}

static void apply_on_crash(struct apply *a, const struct config_setting *s)
{
    apply_action(a, s, &a->config->on_crash);
}

static void apply_on_watchdog(struct apply *a, const struct config_setting *s)
{
    apply_action(a, s, &a->config->on_watchdog);
}

static void apply_uuid(struct apply *a, const struct config_setting *s)
{
    const char *text = text_of(a, s);

    if (!text)
        return;
    a->config->has_uuid = config_uuid_parse(text, a->config->uuid);
    if (!a->config->has_uuid)
        wrong(a, &s->value->place, s->key, "must be 32 hexadecimal digits, with or without hyphens");
}

static void apply_limit(struct apply *a, const struct config_setting *s, uint64_t least, uint64_t most,
                        int *limit)
{
    uint64_t n;

    if (number_of(a, s, least, most, &n))
        *limit = (int)n;
}

static void apply_grant_frames(struct apply *a, const struct config_setting *s)
{
    apply_limit(a, s, 1, 256, &a->config->max_grant_frames);
}

static void apply_maptrack_frames(struct apply *a, const struct config_setting *s)
{
    apply_limit(a, s, 0, 4096, &a->config->max_maptrack_frames);
}

static void apply_event_channels(struct apply *a, const struct config_setting *s)
{
    apply_limit(a, s, 4, 131071, &a->config->max_event_channels);
}

static void add_disk(struct apply *a, const char *key, const struct config_value *v)
{
    struct domain_config *c = a->config;
    struct config_disk *d = &c->disks[c->disk_count];
    char problem[160];

    if (v->is_list) {
        wrong(a, &v->place, key, "a member must be a string");
        return;
    }
    if (c->disk_count == CONFIG_DISKS) {
        wrong(a, &v->place, key, "more than 16 disks");
        return;
    }
    if (!config_disk_parse(v->text, d, problem, sizeof(problem))) {
        wrong(a, &v->place, key, problem);
        return;
    }
    for (unsigned i = 0; i < c->disk_count; i++) {
        if (c->disks[i].number == d->number) {
            config_remark(a->report, CONFIG_ERROR, &v->place, "%s: %s is the name of another disk already",
                          key, d->vdev);
            return;
        }
    }
    c->disk_count++;
}

static void apply_disk(struct apply *a, const struct config_setting *s)
{
    if (!s->value->is_list) {
        wrong(a, &s->value->place, s->key, "must be a list of strings");
        return;
    }
    for (const struct config_value *v = s->value->first; v; v = v->next)
        add_disk(a, s->key, v);
}

/* What another interface of the domain has already, or NULL. */
static const char *clash(const struct domain_config *c, const struct config_vif *vif)
{
    for (unsigned i = 0; i < c->vif_count; i++) {
        if (vif->has_mac && c->vifs[i].has_mac && memcmp(vif->mac, c->vifs[i].mac, CONFIG_MAC_SIZE) == 0)
            return "the MAC address is another interface's";
        if (vif->handle == c->vifs[i].handle)
            return "the devid is another interface's";
    }
    return NULL;
}

static void add_vif(struct apply *a, const char *key, const struct config_value *v)
{
    struct domain_config *c = a->config;
    struct config_vif *vif = &c->vifs[c->vif_count];
    char problem[160];
    const char *other;

    if (v->is_list) {
        wrong(a, &v->place, key, "a member must be a string");
        return;
    }
    if (c->vif_count == CONFIG_VIFS) {
        wrong(a, &v->place, key, "more than 8 interfaces");
        return;
    }
    if (!config_vif_parse(v->text, vif, problem, sizeof(problem))) {
        wrong(a, &v->place, key, problem);
        return;
    }
    if (!vif->has_handle)
        vif->handle = c->vif_count;     /* as xl counts them */
    vif->has_handle = true;
    other = clash(c, vif);
    if (other)
        wrong(a, &v->place, key, other);
    else
        c->vif_count++;
}

static void apply_vif(struct apply *a, const struct config_setting *s)
{
    if (!s->value->is_list) {
        wrong(a, &s->value->place, s->key, "must be a list of strings");
        return;
    }
    for (const struct config_value *v = s->value->first; v; v = v->next)
        add_vif(a, s->key, v);
}

/* Devices and ways to boot that need parts which do not exist: an empty value asks for nothing. */
static void apply_absent(struct apply *a, const struct config_setting *s)
{
    const struct config_value *v = s->value;
    bool empty = v->is_list ? v->members == 0 : !v->text[0] || !strcmp(v->text, "0");

    if (!empty)
        wrong(a, &v->place, s->key, "there is no backend for this yet in the control domain; remove it");
}

static void apply_boot_loader(struct apply *a, const struct config_setting *s)
{
    if (s->value->is_list || s->value->text[0])
        wrong(a, &s->value->place, s->key, "the control domain reads no guest's disk; "
              "firmware=\"pvgrub64\" starts a kernel that lies there");
}

/* GRUB as the kernel: it finds the real one on the guest's disk, inside the guest. */
static void apply_firmware(struct apply *a, const struct config_setting *s)
{
    const char *text = text_of(a, s);

    if (!text || !text[0])
        return;
    if (!strcmp(text, "pvgrub64"))
        a->pvgrub = true;
    else if (!strcmp(text, "pvgrub32"))
        wrong(a, &s->value->place, s->key, "guests have 64 bits here; \"pvgrub64\" starts their kernels");
    else
        wrong(a, &s->value->place, s->key, "must be \"pvgrub64\"; others need hardware virtualisation");
}

static const struct config_key {
    const char *name;
    void (*apply)(struct apply *a, const struct config_setting *s);
} keys[] = {
    { "name",                apply_name },
    { "type",                apply_type },
    { "builder",             apply_builder },
    { "uuid",                apply_uuid },
    { "kernel",              apply_kernel },
    { "ramdisk",             apply_ramdisk },
    { "cmdline",             apply_cmdline_part },
    { "root",                apply_cmdline_part },
    { "extra",               apply_cmdline_part },
    { "memory",              apply_memory },
    { "maxmem",              apply_maxmem },
    { "vcpus",               apply_vcpus },
    { "maxvcpus",            apply_maxvcpus },
    { "cpus",                apply_cpus },
    { "cpu_weight",          apply_cpu_weight },
    { "cap",                 apply_cap },
    { "on_poweroff",         apply_on_poweroff },
    { "on_reboot",           apply_on_reboot },
    { "on_crash",            apply_on_crash },
    { "on_watchdog",         apply_on_watchdog },
    { "max_grant_frames",    apply_grant_frames },
    { "max_maptrack_frames", apply_maptrack_frames },
    { "max_event_channels",  apply_event_channels },
    { "bootloader",          apply_boot_loader },
    { "firmware",            apply_firmware },
    { "disk",                apply_disk },
    { "vif",                 apply_vif },
    { "p9",                  apply_absent },
    { "pci",                 apply_absent },
    { "vfb",                 apply_absent },
    { "vkb",                 apply_absent },
    { "channel",             apply_absent },
    { "usbctrl",             apply_absent },
    { "usbdev",              apply_absent },
    { "vtpm",                apply_absent },
};

static const struct config_key *find_key(const char *name)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(keys[i].name, name))
            return &keys[i];
    return NULL;
}

static const char *atom(const struct config_settings *settings, const char *key)
{
    const struct config_setting *s = config_find_setting(settings, key);

    return s && !s->value->is_list && s->value->text[0] ? s->value->text : NULL;
}

/* cmdline as it stands, or "root=ROOT EXTRA" as xl makes it. */
static void check_cmdline(struct apply *a)
{
    const char *cmdline = atom(a->settings, "cmdline"), *root = atom(a->settings, "root");
    const char *extra = atom(a->settings, "extra");
    const char *last = cmdline ? "cmdline" : extra ? "extra" : "root";
    char *out = a->config->cmdline;
    const size_t size = sizeof(a->config->cmdline);
    int length;

    if (cmdline && (root || extra))
        config_remark(a->report, CONFIG_WARNING,
                      &config_find_setting(a->settings, root ? "root" : "extra")->place,
                      "root and extra are ignored because cmdline is set");
    if (cmdline)
        length = snprintf(out, size, "%s", cmdline);
    else
        length = snprintf(out, size, "%s%s%s%s", root ? "root=" : "", root ? root : "",
                          root && extra ? " " : "", extra ? extra : "");
    if ((size_t)length >= size)
        config_remark(a->report, CONFIG_ERROR, &config_find_setting(a->settings, last)->value->place,
                      "%s: the command line has %d bytes, a kernel gets at most %u", last, length,
                      (unsigned)size - 1);
}

static void check_pairs(struct apply *a)
{
    struct domain_config *c = a->config;
    const struct config_setting *s;

    s = config_find_setting(a->settings, "maxmem");
    if (c->maxmem_kib == 0)
        c->maxmem_kib = c->memory_kib;
    else if (c->maxmem_kib < c->memory_kib && s)
        wrong(a, &s->value->place, s->key, "is less than memory");

    s = config_find_setting(a->settings, "maxvcpus");
    if (c->maxvcpus == 0)
        c->maxvcpus = c->vcpus;
    else if (c->maxvcpus < c->vcpus && s)
        wrong(a, &s->value->place, s->key, "is less than vcpus");
}

static void check_presence(struct apply *a, const char *file)
{
    struct config_place whole = { file, 0, 0 };
    const struct config_setting *s;

    if (!config_find_setting(a->settings, "name"))
        config_remark(a->report, CONFIG_ERROR, &whole, "name is missing: every domain has one");
    s = config_find_setting(a->settings, "kernel");
    if (a->pvgrub && a->config->kernel[0])
        wrong(a, &s->value->place, s->key, "firmware names one already; leave out either");
    else if (a->pvgrub)
        strcpy(a->config->kernel, PVGRUB64);
    else if (!s || (!s->value->is_list && !s->value->text[0]))
        config_remark(a->report, CONFIG_ERROR, &whole, "kernel is missing: the file that the domain runs");
}

static void set_defaults(struct domain_config *c)
{
    memset(c, 0, sizeof(*c));
    c->memory_kib = MEMORY_DEFAULT_MIB << 10;
    c->vcpus = 1;
    c->on_reboot = CONFIG_RESTART;
    c->max_grant_frames = -1;
    c->max_maptrack_frames = -1;
    c->max_event_channels = -1;
}

int config_apply(struct domain_config *config, const struct config_settings *settings, const char *file,
                 struct config_report *report)
{
    struct apply a = { config, settings, report, false };
    const struct config_setting *s;

    set_defaults(config);
    for (s = settings->first; s; s = s->next) {
        const struct config_key *key = find_key(s->key);

        if (key)
            key->apply(&a, s);
        else
            config_remark(report, CONFIG_WARNING, &s->place, "unknown key `%s` is ignored", s->key);
    }
    check_cmdline(&a);
    check_pairs(&a);
    check_presence(&a, file);
    return report->errors ? -EINVAL : 0;
}

int config_parse(struct domain_config *config, const char *file, const void *bytes, size_t len,
                 const char *const *overrides, size_t n, struct config_report *report)
{
    struct config_settings settings = { NULL, NULL };
    int rc;

    memset(report, 0, sizeof(*report));
    rc = config_read_settings(&settings, file, bytes, len, report);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = config_read_override(&settings, overrides[i], (unsigned)i + 1, report);
    if (rc == 0)
        rc = config_apply(config, &settings, file, report);
    config_free_settings(&settings);
    return rc;
}
