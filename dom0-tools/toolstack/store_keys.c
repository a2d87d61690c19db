/* The keys that guests and tools look for (xenstore-paths). Everything is readable by the
 * guest and owned by the control domain, except what the guest is meant to write. Children inherit
 * permissions, so they are set once per tree and once per key of the guest's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xs_wire.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#include "backends/console/consoled.h"
#include "store_keys.h"

/* The first failure stops all later writes, so that the steps read as a list. */
struct writer {
    char *path;                 /* scratch, and the culprit after a failure */
    char root[STORE_PATH_SIZE]; /* tree that keys are relative to */
    domid_t domid;
    int rc;
};

static void put(struct writer *w, const char *key, const char *value)
{
    if (w->rc)
        return;
    snprintf(w->path, STORE_PATH_SIZE, "%s/%s", w->root, key);
    w->rc = pv_xs_write(PV_XS_NIL, w->path, value, strlen(value));
}

static void put_number(struct writer *w, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    put(w, key, text);
}

static void set_perms(struct writer *w, const char *first, const char *second)
{
    const char *perms[2] = { first, second };

    if (w->rc == 0)
        w->rc = pv_xs_set_perms(PV_XS_NIL, w->path, perms, second ? 2 : 1);
}

static void begin_tree(struct writer *w)
{
    char reader[8];

    if (w->rc)
        return;
    snprintf(reader, sizeof(reader), "r%u", w->domid);
    snprintf(w->path, STORE_PATH_SIZE, "%s", w->root);
    w->rc = pv_xs_mkdir(PV_XS_NIL, w->path);
    set_perms(w, "n0", reader);
}

/* An empty key that belongs to the guest. */
static void put_guests_own(struct writer *w, const char *key)
{
    char owner[8];

    snprintf(owner, sizeof(owner), "n%u", w->domid);
    put(w, key, "");
    set_perms(w, owner, NULL);
}

static void put_identity(struct writer *w, const struct domain_config *c, const char *vm)
{
    put(w, "vm", vm);
    put(w, "name", c->name);
    put_number(w, "domid", w->domid);
}

static void put_resources(struct writer *w, const struct domain_config *c)
{
    char key[40];

    put_number(w, "memory/static-max", c->maxmem_kib);
    put_number(w, "memory/target", c->memory_kib);
    for (unsigned i = 0; i < c->maxvcpus; i++) {
        snprintf(key, sizeof(key), "cpu/%u/availability", i);
        put(w, key, i < c->vcpus ? "online" : "offline");
    }
}

static void put_connections(struct writer *w, const struct build_result *built)
{
    put_number(w, "store/ring-ref", built->store_frame);
    put_number(w, "store/port", built->store_port);
    put_number(w, "console/ring-ref", built->console_frame);
    put_number(w, "console/port", built->console_port);
    put_number(w, "console/limit", CONSOLE_LOG_BYTES);
    put(w, "console/type", "xenconsoled");
    put(w, "console/backend-id", "0");
}

static void put_guest_tree(struct writer *w)
{
    static const char *const own[] = {
        "control/shutdown", "control/sysrq", "control/feature-poweroff", "control/feature-reboot",
        "control/feature-suspend", "data", "attr", "error", "feature",
    };

    put(w, "device", "");
    put(w, "control/platform-feature-xs_reset_watches", "1");
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        put_guests_own(w, own[i]);
}

static void put_vm(struct writer *w, const struct domain_config *c, const char *uuid)
{
    begin_tree(w);
    put(w, "uuid", uuid);
    put(w, "name", c->name);
    put(w, "image/ostype", "linux");
    put(w, "image/kernel", c->kernel);
    put(w, "image/ramdisk", c->ramdisk);
    put(w, "image/cmdline", c->cmdline);
    put_number(w, "start_time", pv_wall_ns() / PV_NS_PER_SEC);
}

static int introduce(domid_t domid, const struct build_result *built)
{
    char text[64];
    struct pv_iovec payload = { text, 0 };

    /* Three numbers, each with its own end. */
    payload.len = (size_t)sprintf(text, "%u", domid) + 1;
    payload.len += (size_t)sprintf(text + payload.len, "%llu", (unsigned long long)built->store_frame) + 1;
    payload.len += (size_t)sprintf(text + payload.len, "%u", built->store_port) + 1;
    return pv_xs_request(XS_INTRODUCE, PV_XS_NIL, &payload, 1, NULL, NULL);
}

int store_keys_create(domid_t domid, const struct domain_config *config, const struct build_result *built,
                      char path[STORE_PATH_SIZE])
{
    struct writer w = { .path = path, .domid = domid };
    char uuid[37], vm[STORE_PATH_SIZE];

    config_uuid_text(config->uuid, uuid);
    snprintf(vm, sizeof(vm), "/vm/%s", uuid);
    snprintf(w.root, sizeof(w.root), "%s", vm);
    put_vm(&w, config, uuid);

    snprintf(w.root, sizeof(w.root), "/local/domain/%u", domid);
    begin_tree(&w);
    put_identity(&w, config, vm);
    put_resources(&w, config);
    put_connections(&w, built);
    put_guest_tree(&w);
    if (w.rc)
        return w.rc;
    snprintf(path, STORE_PATH_SIZE, "/local/domain/%u (introduction)", domid);
    return introduce(domid, built);
}

void store_keys_remove(domid_t domid, const uint8_t uuid[16])
{
    char path[STORE_PATH_SIZE], text[37];

    snprintf(path, sizeof(path), "/local/domain/%u", domid);
    pv_xs_rm(PV_XS_NIL, path);
    config_uuid_text(uuid, text);
    snprintf(path, sizeof(path), "/vm/%s", text);
    pv_xs_rm(PV_XS_NIL, path);
}

int store_keys_set(domid_t domid, const char *key, const char *value)
{
    char path[STORE_PATH_SIZE];

    snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
    return pv_xs_write(PV_XS_NIL, path, value, strlen(value));
}

int store_keys_rename(domid_t domid, const uint8_t uuid[16], const char *name)
{
    char path[STORE_PATH_SIZE], text[37];

    config_uuid_text(uuid, text);
    snprintf(path, sizeof(path), "/vm/%s/name", text);
    pv_xs_write(PV_XS_NIL, path, name, strlen(name));
    return store_keys_set(domid, "name", name);
}

void store_keys_name(domid_t domid, char name[CONFIG_NAME_SIZE])
{
    char path[STORE_PATH_SIZE], *value;

    name[0] = 0;
    snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
    if (pv_xs_read(PV_XS_NIL, path, &value, NULL))
        return;
    snprintf(name, CONFIG_NAME_SIZE, "%s", value);
    free(value);
}
