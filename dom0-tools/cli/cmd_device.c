/* cmd_device.c: the host's devices: PCI functions and disks. */
#include "handlers.h"

#include <inttypes.h>
#include <stdio.h>

#include "../drivers/block/block.h"
#include "../drivers/pci/pci.h"
#include "json.h"

/* --- lspci --- */

static const char *class_name(uint32_t class)
{
    static const struct { uint16_t class; const char *name; } names[] = {
        { 0x0000, "unclassified device" }, { 0x0001, "VGA-compatible device" }, { 0x0100, "SCSI controller" },
        { 0x0101, "IDE controller" }, { 0x0106, "SATA controller" }, { 0x0108, "NVMe controller" },
        { 0x0180, "mass storage controller" }, { 0x0200, "Ethernet controller" },
        { 0x0280, "network controller" },
        { 0x0300, "VGA controller" }, { 0x0380, "display controller" }, { 0x0403, "audio device" },
        { 0x0500, "RAM controller" }, { 0x0600, "host bridge" }, { 0x0601, "ISA bridge" },
        { 0x0604, "PCI bridge" },
        { 0x0680, "bridge" }, { 0x0700, "serial controller" }, { 0x0780, "communication controller" },
        { 0x0c03, "USB controller" }, { 0x0c05, "SMBus controller" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].class == class >> 8)
            return names[i].name;
    return "device";
}

static void put_function(struct json *j, const struct pci_function *f)
{
    char text[40];

    json_object(j, NULL);
    snprintf(text, sizeof(text), "%02x:%02x.%u", f->bus, f->devfn >> 3, f->devfn & 7);
    json_string(j, "address", text);
    json_string(j, "description", class_name(f->class));
    json_uint(j, "class", f->class);
    json_uint(j, "vendor", f->vendor);
    json_uint(j, "device", f->device);
    json_uint(j, "revision", f->revision);
    json_string(j, "driver", f->driver);
    json_object_end(j);
}

static void print_function(const struct pci_function *f)
{
    printf("%02x:%02x.%u %-24s %04x:%04x rev %02x  %s\n", f->bus, f->devfn >> 3, f->devfn & 7,
           class_name(f->class), f->vendor, f->device, f->revision, f->driver ? f->driver : "-");
}

int cmd_lspci(const struct command_call *call)
{
    const struct pci_function *f;
    struct json j;

    if (!call_has(call, "--json")) {
        for (size_t i = 0; (f = pci_function(i)) != NULL; i++)
            print_function(f);
        return STATUS_OK;
    }
    json_begin(&j, stdout);
    json_array(&j, NULL);
    for (size_t i = 0; (f = pci_function(i)) != NULL; i++)
        put_function(&j, f);
    json_array_end(&j);
    json_end(&j);
    return STATUS_OK;
}

/* --- lsblk --- */

static const char *size_text(uint64_t sectors, char text[24])
{
    static const char units[] = "KMGT";
    uint64_t tenths = sectors * 5;      /* of a KiB */
    unsigned unit = 0;

    while (tenths >= 10240 && units[unit + 1]) {
        tenths = (tenths + 512) / 1024;
        unit++;
    }
    if (tenths % 10)
        snprintf(text, 24, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[unit]);
    else
        snprintf(text, 24, "%" PRIu64 "%c", tenths / 10, units[unit]);
    return text;
}

static void put_device(struct json *j, const struct block_device *d)
{
    const struct block_statistics *s = &d->statistics;

    json_object(j, NULL);
    json_string(j, "name", d->name);
    json_string(j, "disk", d->disk ? d->disk->name : NULL);
    json_uint(j, "first_sector", d->first);
    json_uint(j, "sectors", d->sectors);
    json_bool(j, "read_only", d->read_only);
    json_bool(j, "in_use", d->users != 0);
    json_uint(j, "reads", s->reads);
    json_uint(j, "writes", s->writes);
    json_uint(j, "flushes", s->flushes);
    json_uint(j, "discards", s->discards);
    json_uint(j, "sectors_read", s->sectors_read);
    json_uint(j, "sectors_written", s->sectors_written);
    json_uint(j, "errors", s->errors);
    json_object_end(j);
}

static void print_devices(void)
{
    const struct block_device *d;
    char size[24];

    printf("%-8s %8s %3s %-5s %s\n", "NAME", "SIZE", "RO", "TYPE", "USE");
    for (size_t i = 0; (d = block_device(i)) != NULL; i++)
        printf("%-8s %8s %3d %-5s %s\n", d->name, size_text(d->sectors, size), d->read_only,
               d->disk ? "part" : "disk", d->users ? "in use" : "-");
}

int cmd_lsblk(const struct command_call *call)
{
    const struct block_device *d;
    struct json j;

    if (!call_has(call, "--json")) {
        print_devices();
        return STATUS_OK;
    }
    json_begin(&j, stdout);
    json_array(&j, NULL);
    for (size_t i = 0; (d = block_device(i)) != NULL; i++)
        put_device(&j, d);
    json_array_end(&j);
    json_end(&j);
    return STATUS_OK;
}
