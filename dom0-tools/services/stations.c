/* stations.c: see stations.h. */
#include "stations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/thread.h>
#include <pv/time.h>
#include <pv/xenbus.h>

#include "address.h"

#define VIFS     "/local/domain/0/backend/vif"
#define MOST     1024U
#define TOGETHER (50 * PV_NS_PER_MS)        /* changes within this time are read at once */
#define EVERY    (30 * PV_NS_PER_SEC)       /* names of domains change without a word to us */

static struct station *stations;
static unsigned station_count;
static void (*on_change)(void);
static struct pv_xs_watcher watcher;

static bool read_text(const char *folder, const char *key, char *text, size_t size)
{
    char path[160], *value;
    size_t length;

    if (snprintf(path, sizeof(path), "%s/%s", folder, key) >= (int)sizeof(path) ||
        pv_xs_read(PV_XS_NIL, path, &value, &length))
        return false;
    snprintf(text, size, "%s", value);
    free(value);
    return length < size;
}

/* Keys that the toolstack has written into the backend's part of the store: no guest can. */
static bool read_station(unsigned domid, unsigned handle, struct station *s)
{
    char folder[64], domain[40], text[64];

    *s = (struct station){ .domid = (domid_t)domid, .handle = handle };
    snprintf(folder, sizeof(folder), VIFS "/%u/%u", domid, handle);
    snprintf(domain, sizeof(domain), "/local/domain/%u", domid);
    if (!read_text(folder, "mac", text, sizeof(text)) || !mac_parse(text, s->mac))
        return false;
    if (read_text(folder, "ip", text, sizeof(text))) {
        text[strcspn(text, " ,")] = 0;
        address_parse(text, &s->address);
    }
    read_text(folder, "bridge", s->bridge, sizeof(s->bridge));
    read_text(domain, "name", s->domain, sizeof(s->domain));
    return true;
}

/* Names of a directory that are numbers. malloc'd; *count of them. */
static unsigned *read_numbers(const char *path, size_t *count)
{
    unsigned *numbers;
    char **names;
    size_t n;

    *count = 0;
    if (pv_xs_directory(PV_XS_NIL, path, &names, &n))
        return NULL;
    numbers = malloc((n + 1) * sizeof(*numbers));
    for (size_t i = 0; numbers && i < n; i++)
        numbers[(*count)++] = (unsigned)strtoul(names[i], NULL, 10);
    free(names);
    return numbers;
}

static unsigned read_domain(unsigned domid, struct station *list, unsigned room)
{
    unsigned *handles, found = 0;
    char path[64];
    size_t n;

    snprintf(path, sizeof(path), VIFS "/%u", domid);
    handles = read_numbers(path, &n);
    for (size_t i = 0; i < n && found < room; i++)
        found += read_station(domid, handles[i], &list[found]);
    free(handles);
    return found;
}

/* Puts list[0..n) in the place of what was known. */
static void replace(struct station *list, unsigned n)
{
    struct station *smaller = realloc(list, (n + 1) * sizeof(*list));

    free(stations);
    stations = smaller ? smaller : list;
    station_count = n;
    on_change();
}

void stations_refresh(void)
{
    struct station *list = calloc(MOST, sizeof(*list));
    unsigned *domids, found = 0;
    size_t n;

    if (!list)
        return;
    domids = read_numbers(VIFS, &n);
    for (size_t i = 0; i < n && found < MOST; i++)
        found += read_domain(domids[i], list + found, MOST - found);
    free(domids);
    replace(list, found);
}

static void refresh_domain(unsigned domid)
{
    struct station *list = calloc(MOST, sizeof(*list));
    unsigned found, n = 0;

    if (!list)
        return;
    found = read_domain(domid, list, MOST);     /* waits: what others do to `stations` meanwhile counts */
    for (unsigned i = 0; i < station_count && found + n < MOST; i++)
        if (stations[i].domid != domid)
            list[found + n++] = stations[i];
    replace(list, found + n);
}

/* ---- following ---- */

#define DIFFERENT 8U

/* Domains whose keys have changed; more than DIFFERENT: all. */
struct changes {
    unsigned count, domids[DIFFERENT];
};

static void note_change(struct changes *c, const char *path)
{
    static const char folder[] = VIFS "/";
    unsigned domid;

    if (strncmp(path, folder, sizeof(folder) - 1) != 0) {
        c->count = DIFFERENT + 1;
        return;
    }
    domid = (unsigned)strtoul(path + sizeof(folder) - 1, NULL, 10);
    for (unsigned i = 0; i < c->count && i < DIFFERENT; i++)
        if (c->domids[i] == domid)
            return;
    if (c->count < DIFFERENT)
        c->domids[c->count] = domid;
    c->count += c->count <= DIFFERENT;
}

static int next_change(uint64_t deadline_ns, struct changes *c)
{
    char *path;
    int rc = pv_xs_watch_next(&watcher, deadline_ns, &path, NULL);

    if (rc == 0) {
        note_change(c, path);
        free(path);
    }
    return rc;
}

static void follow(void *arg)
{
    struct changes c;
    int rc;

    (void)arg;
    for (;;) {
        c.count = 0;
        rc = next_change(pv_now_ns() + EVERY, &c);
        if (rc == -EIO)
            return;
        if (rc == 0) {
            pv_sleep_ns(TOGETHER);
            while (next_change(0, &c) == 0)
                ;
        }
        if (c.count > DIFFERENT || (rc && station_count))
            stations_refresh();
        else
            for (unsigned i = 0; i < c.count; i++)
                refresh_domain(c.domids[i]);
    }
}

int stations_start(void (*changed)(void))
{
    int rc;

    on_change = changed;
    pv_xs_watcher_init(&watcher);
    rc = pv_xs_watch(&watcher, VIFS, "stations");
    if (rc)
        return rc;
    return pv_thread_create("stations", 16384, follow, NULL) ? 0 : -ENOMEM;
}

const struct station *stations_at(unsigned index)
{
    return index < station_count ? &stations[index] : NULL;
}

const struct station *stations_by_mac(const uint8_t *mac)
{
    for (unsigned i = 0; i < station_count; i++)
        if (memcmp(stations[i].mac, mac, NET_MAC) == 0)
            return &stations[i];
    return NULL;
}

const struct station *stations_by_address(uint32_t address)
{
    for (unsigned i = 0; i < station_count; i++)
        if (stations[i].address == address)
            return &stations[i];
    return NULL;
}

const struct station *stations_by_domain(const char *domain, const char *bridge)
{
    for (unsigned i = 0; i < station_count; i++)
        if (strcmp(stations[i].domain, domain) == 0 && strcmp(stations[i].bridge, bridge) == 0)
            return &stations[i];
    return NULL;
}
