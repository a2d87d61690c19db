/* cmd_mount.c: mount, umount, df, sync. */
#include "handlers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <pv/ext4.h>
#include <pv/vfs.h>

#include "../drivers/block/block.h"
#include "../storage/storage.h"
#include "names.h"
#include "report.h"

#define PATH_BYTES 1024

static int list_mounts(void)
{
    const struct storage_mount *m;

    for (size_t i = 0; (m = storage_mount_at(i)) != NULL; i++)
        printf("%s on %s type ext4 (%s)\n", m->device->name, m->at, m->disk.read_only ? "ro" : "rw");
    return STATUS_OK;
}

static const char *mount_advice(int rc)
{
    switch (rc) {
    case -ENODEV:  return "`lsblk` lists the host's disks";
    case -EBUSY:   return "`lsblk` shows what is in use, `mount` what is mounted";
    case -ENOTDIR: return "make the directory with mkdir, or mount it right below /";
    case -EROFS:   return "mount -r mounts it for reading";
    default:       return NULL;
    }
}

int cmd_mount(const struct command_call *call)
{
    char path[PATH_BYTES];
    const char *why;
    int rc;

    if (call->count == 0)
        return list_mounts();
    if (call->count == 1)
        return report_usage(call->command, "name a device and a directory");
    rc = storage_mount(call->words[0], names_path(call->words[1], path, sizeof(path)), call_has(call, "-r"));
    if (rc == 0)
        return STATUS_OK;
    why = rc == -ENODEV || rc == -ENOTDIR || rc == -EBUSY ? NULL : pv_ext4_problem();
    return report_failure(call, rc == -ENOTDIR ? call->words[1] : call->words[0], rc, mount_advice(rc), "%s",
                          why ? why : "cannot mount it");
}

int cmd_umount(const struct command_call *call)
{
    int status = STATUS_OK;

    for (size_t i = 0; i < call->count; i++) {
        int rc = storage_umount(call->words[i]);

        if (rc)
            status = report_failure(call, call->words[i], rc, rc == -EBUSY ? "files there are in use" : NULL,
                                    rc == -EINVAL  ? "it is not mounted"
                                    : rc == -EBUSY ? "cannot unmount it"
                                                   : "not all could be written");
    }
    return status;
}

/* Bytes as df shows them: KiB, or with a unit. */
static const char *amount(uint64_t bytes, bool human, char text[24])
{
    static const char units[] = "KMGTP";
    uint64_t tenths = bytes / 1024 * 10;
    unsigned unit = 0;

    if (!human) {
        snprintf(text, 24, "%" PRIu64, bytes / 1024);
        return text;
    }
    for (; tenths >= 10240 && units[unit + 1]; unit++)
        tenths = (tenths + 512) / 1024;
    if (tenths < 100 && tenths % 10)
        snprintf(text, 24, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[unit]);
    else
        snprintf(text, 24, "%" PRIu64 "%c", (tenths + 5) / 10, units[unit]);
    return text;
}

static void print_heading(bool human)
{
    printf("%-10s %10s %10s %10s %4s %s\n", "Device", human ? "Size" : "KiB", "Used", "Free", "Use",
           "Mounted on");
}

static void print_space(const struct storage_mount *m, bool human)
{
    char size[24], used[24], unused[24];
    struct pv_statfs st;

    if (pv_vfs_statfs(m->at, &st))
        return;
    printf("%-10s %10s %10s %10s %3u%% %s\n", m->device->name, amount(st.blocks * st.block_size, human, size),
           amount((st.blocks - st.free_blocks) * st.block_size, human, used),
           amount(st.free_blocks * st.block_size, human, unused),
           (unsigned)((st.blocks - st.free_blocks) * 100 / st.blocks), m->at);
}

/* The innermost mount that an absolute path lies in; NULL: the boot archive has it. */
static const struct storage_mount *mount_of(const char *path)
{
    const struct storage_mount *m, *found = NULL;

    for (size_t i = 0; (m = storage_mount_at(i)) != NULL; i++) {
        size_t length = strlen(m->at);

        if (strncmp(path, m->at, length) == 0 && (path[length] == '/' || path[length] == 0) &&
            (!found || length > strlen(found->at)))
            found = m;
    }
    return found;
}

static int find_mount(const struct command_call *call, const char *word, const struct storage_mount **m)
{
    char path[PATH_BYTES];
    struct stat st;

    if (stat(names_path(word, path, sizeof(path)), &st))
        return report_failure(call, word, -errno, NULL, "there is no such file");
    *m = mount_of(path);
    if (!*m)
        return report_failure(call, word, 0, "`mount` lists what is mounted", "it is in the boot archive");
    return STATUS_OK;
}

int cmd_df(const struct command_call *call)
{
    bool human = call_has(call, "-h");
    const struct storage_mount *m;

    if (call->count == 0) {
        print_heading(human);
        for (size_t i = 0; (m = storage_mount_at(i)) != NULL; i++)
            print_space(m, human);
    }
    for (size_t i = 0; i < call->count; i++) {
        int status = find_mount(call, call->words[i], &m);

        if (status)
            return status;
        if (i == 0)
            print_heading(human);
        print_space(m, human);
    }
    return STATUS_OK;
}

int cmd_sync(const struct command_call *call)
{
    int rc = pv_vfs_sync();

    return rc ? report_failure(call, NULL, rc, NULL, "not all could be written") : STATUS_OK;
}
