/* cmd_store.c: the xenstore-* commands. They speak to the store as any client does, through its ring. */
#include "handlers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pv/time.h>
#include <pv/xenbus.h>

#include "number.h"
#include "report.h"
#include "store_walk.h"
#include "terminal.h"

#define WATCH_POLL_NS (50 * PV_NS_PER_MS)

static int report_store(const struct command_call *call, const char *path, int rc, const char *what)
{
    const char *advice = rc == -ENOENT ? "`xenstore-ls` shows what there is"
                       : rc == -EINVAL ? "a path has letters, digits, - _ @ and / between names" : NULL;

    if (rc == -EINTR)
        return STATUS_INTERRUPTED;
    return report_failure(call, path, rc, advice, "%s", what);
}

/* Values come from guests: nothing in them may move the cursor. */
static void put_value(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];

        if (c == '\\')
            fputs("\\\\", stdout);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c == '\t')
            fputs("\\t", stdout);
        else if (c < 0x20 || c >= 0x7f)
            printf("\\%03o", c);
        else
            putchar(c);
    }
}

/* --- xenstore-ls --- */

struct ls {
    bool full, permissions;
    size_t shown_from;              /* 1: the root itself is not shown */
};

static void put_permissions(const char *path)
{
    char **perms;
    size_t count;

    if (pv_xs_get_perms(PV_XS_NIL, path, &perms, &count))
        return;
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? "," : "   (", perms[i]);
    if (count)
        putchar(')');
    free(perms);
}

static int show_key(const char *path, size_t depth, void *arg)
{
    const struct ls *ls = arg;
    const char *name = ls->full ? path : strrchr(path, '/') + 1;
    size_t length;
    char *value;
    int rc = pv_xs_read(PV_XS_NIL, path, &value, &length);

    if (rc == -EACCES && depth > 0)
        return 0;
    if (rc)
        return rc;
    if (depth >= ls->shown_from) {
        printf("%*s%s = \"", ls->full ? 0 : (int)(depth - ls->shown_from), "", name);
        put_value(value, length);
        putchar('"');
        if (ls->permissions)
            put_permissions(path);
        putchar('\n');
    }
    free(value);
    return 0;
}

int cmd_xenstore_ls(const struct command_call *call)
{
    const char *root = call->count ? call->words[0] : "/";
    struct ls ls = { call_has(call, "-f"), call_has(call, "-p"), 1 };
    int rc = root[0] == '/' ? store_walk(root, show_key, &ls) : -EINVAL;

    return rc ? report_store(call, root, rc, "cannot list it") : STATUS_OK;
}

/* --- reading --- */

int cmd_xenstore_read(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        size_t length;
        char *value;
        int rc = pv_xs_read(PV_XS_NIL, call->words[i], &value, &length);

        if (rc) {
            status = report_store(call, call->words[i], rc, "cannot read it");
            continue;
        }
        if (call_has(call, "-p"))
            printf("%s: ", call->words[i]);
        put_value(value, length);
        putchar('\n');
        free(value);
    }
    return status;
}

static int list_one(const struct command_call *call, const char *path)
{
    size_t count, length = strlen(path);
    char **names;
    int rc = pv_xs_directory(PV_XS_NIL, path, &names, &count);

    if (rc)
        return report_store(call, path, rc, "cannot list it");
    for (size_t i = 0; i < count; i++) {
        if (call_has(call, "-p"))
            printf("%s%s", path, path[length - 1] == '/' ? "" : "/");
        printf("%s\n", names[i]);
    }
    free(names);
    return STATUS_OK;
}

int cmd_xenstore_list(const struct command_call *call)
{
    int status = STATUS_OK;

    if (call->count == 0)
        return list_one(call, "/");
    for (size_t i = 0; i < call->count; i++)
        if (list_one(call, call->words[i]))
            status = STATUS_FAILED;
    return status;
}

int cmd_xenstore_exists(const struct command_call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        char *value;
        int rc = pv_xs_read(PV_XS_NIL, call->words[i], &value, NULL);

        if (rc == -ENOENT)
            return STATUS_FAILED;
        if (rc)
            return report_store(call, call->words[i], rc, "cannot read it");
        free(value);
    }
    return STATUS_OK;
}

/* --- changing --- */

struct pairs {
    char **words;               /* a path, its value, the next path ... */
    size_t count;
    const char *path;           /* the one that is being written */
};

static int write_pairs(void *arg, uint32_t tx)
{
    struct pairs *p = arg;
    int rc = terminal_interrupted() ? -EINTR : 0;

    for (size_t i = 0; i < p->count && rc == 0; i += 2) {
        p->path = p->words[i];
        rc = pv_xs_write(tx, p->words[i], p->words[i + 1], strlen(p->words[i + 1]));
    }
    return rc;
}

int cmd_xenstore_write(const struct command_call *call)
{
    struct pairs pairs = { call->words, call->count, call->words[0] };
    int rc;

    if (call->count % 2)
        return report_usage(call->command, "%s has no value", call->words[call->count - 1]);
    rc = pv_xs_in_transaction(write_pairs, &pairs);
    return rc ? report_store(call, pairs.path, rc, "cannot write it; nothing was written") : STATUS_OK;
}

/* Deletes the keys above path as far as they have become empty. */
static void tidy(const char *path)
{
    char parent[XENSTORE_ABS_PATH_MAX + 1];
    size_t count, length;
    char **names, *value;

    snprintf(parent, sizeof(parent), "%s", path);
    for (char *slash = strrchr(parent, '/'); slash && slash != parent; slash = strrchr(parent, '/')) {
        *slash = '\0';
        if (pv_xs_directory(PV_XS_NIL, parent, &names, &count))
            return;
        free(names);
        if (count > 0 || pv_xs_read(PV_XS_NIL, parent, &value, &length))
            return;
        free(value);
        if (length > 0 || pv_xs_rm(PV_XS_NIL, parent))
            return;
    }
}

int cmd_xenstore_rm(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        int rc = pv_xs_rm(PV_XS_NIL, call->words[i]);

        if (rc)
            status = report_store(call, call->words[i], rc, "cannot delete it");
        else if (call_has(call, "-t"))
            tidy(call->words[i]);
    }
    return status;
}

static int set_permissions(const char *path, size_t depth, void *arg)
{
    const struct command_call *call = arg;

    (void)depth;
    return pv_xs_set_perms(PV_XS_NIL, path, (const char *const *)call->words + 1, call->count - 1);
}

int cmd_xenstore_chmod(const struct command_call *call)
{
    uint64_t domid;
    int rc;

    for (size_t i = 1; i < call->count; i++)
        if (!call->words[i][0] || !strchr("nrwb", call->words[i][0]) ||
            parse_uint(call->words[i] + 1, DOMID_FIRST_RESERVED - 1, &domid))
            return report_usage(call->command, "\"%s\" is no permission (n0, r3, b7)", call->words[i]);
    if (call_has(call, "-r"))
        rc = store_walk(call->words[0], set_permissions, (void *)call);
    else
        rc = set_permissions(call->words[0], 0, (void *)call);
    return rc ? report_store(call, call->words[0], rc, "cannot set its permissions") : STATUS_OK;
}

/* --- xenstore-watch --- */

/* Prints events until there were `limit` of them or Ctrl-C comes. */
static int print_events(struct pv_xs_watcher *watcher, uint64_t limit)
{
    uint64_t seen = 0;
    char *path;

    while (seen < limit) {
        int rc = pv_xs_watch_next(watcher, 0, &path, NULL);

        if (rc == 0) {
            put_value(path, strlen(path));
            putchar('\n');
            free(path);
            seen++;
        } else if (rc != -ETIMEDOUT) {
            return rc;
        } else if (terminal_pause(WATCH_POLL_NS)) {
            return -EINTR;
        }
    }
    return 0;
}

int cmd_xenstore_watch(const struct command_call *call)
{
    const char *count_text = call_value(call, "-n"), *path = NULL;
    struct pv_xs_watcher watcher;
    uint64_t limit = UINT64_MAX;
    int rc = 0;

    if (count_text && parse_uint(count_text, UINT32_MAX, &limit))
        return report_usage(call->command, "\"%s\" is no count", count_text);
    pv_xs_watcher_init(&watcher);
    for (size_t i = 0; i < call->count && rc == 0; i++) {
        path = call->words[i];
        rc = pv_xs_watch(&watcher, path, path);
    }
    if (rc == 0)
        rc = print_events(&watcher, limit);
    pv_xs_watcher_close(&watcher);
    return rc ? report_store(call, path, rc, "cannot watch it") : STATUS_OK;
}
