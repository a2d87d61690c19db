/* The machine's firmware and clocks, for the control domain: platform_op(struct xen_platform_op *op).
 * Source of all names, numbers and layouts: Xen 4.17 public/platform.h.
 *
 * The caller fills in cmd, interface_version and the member of u that belongs to cmd. A result of 0 is
 * success. Common errors: -XEN_EACCES another interface_version; -XEN_EPERM the caller is not the control
 * domain; -XEN_EINVAL an argument out of range; -XEN_ESRCH, -XEN_ENODEV, -XEN_ENOENT nothing of that kind
 * here; -XEN_ENOSYS no such command.
 *
 * All commands have their numbers here; those without a structure here (memory types, EFI calls, power
 * management, hot-plug) are not served. */
#ifndef __XEN_PUBLIC_PLATFORM_H__
#define __XEN_PUBLIC_PLATFORM_H__

#include "xen.h"

/* The only version there has been. */
#define XENPF_INTERFACE_VERSION 0x03000001

/* xen_platform_op.cmd. Without a comment: see the structure of that name. */
#define XENPF_settime32 17
#define XENPF_add_memtype 31
#define XENPF_del_memtype 32
#define XENPF_read_memtype 33
#define XENPF_microcode_update 35
#define XENPF_platform_quirk 39
#define XENPF_get_cpu_version 48        /* xenpf_pcpu_version */
#define XENPF_efi_runtime_call 49
#define XENPF_firmware_info 50
#define XENPF_enter_acpi_sleep 51
#define XENPF_change_freq 52
#define XENPF_getidletime 53
#define XENPF_set_processor_pminfo 54
#define XENPF_get_cpuinfo 55            /* xenpf_pcpuinfo */
#define XENPF_cpu_online 56             /* xenpf_cpu_ol */
#define XENPF_cpu_offline 57            /* xenpf_cpu_ol */
#define XENPF_cpu_hotadd 58
#define XENPF_mem_hotadd 59
#define XENPF_core_parking 60
#define XENPF_resource_op 61
#define XENPF_settime64 62
#define XENPF_get_symbol 63             /* xenpf_symdata */

/* settime32, settime64: what UTC was at a given system time. The wall clocks of all domains follow. */
struct xenpf_settime32 {
    uint32_t secs;                      /* since 1970 */
    uint32_t nsecs;
    uint64_t system_time;               /* ns */
};
typedef struct xenpf_settime32 xenpf_settime32_t;
ABI_LAYOUT(struct xenpf_settime32, 16, (secs, 0), (nsecs, 4), (system_time, 8));
struct xenpf_settime64 {
    uint64_t secs;
    uint32_t nsecs;
    uint32_t mbz;                       /* 0 */
    uint64_t system_time;
};
typedef struct xenpf_settime64 xenpf_settime64_t;
ABI_LAYOUT(struct xenpf_settime64, 24, (secs, 0), (nsecs, 8), (mbz, 12), (system_time, 16));
#if __XEN_INTERFACE_VERSION__ < 0x00040600
#define XENPF_settime XENPF_settime32
#define xenpf_settime xenpf_settime32
#else
#define XENPF_settime XENPF_settime64
#define xenpf_settime xenpf_settime64
#endif
typedef struct xenpf_settime xenpf_settime_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_settime_t);

/* microcode_update: a vendor's file, for all CPUs. */
struct xenpf_microcode_update {
    XEN_GUEST_HANDLE(const_void) data;
    uint32_t length;                    /* bytes */
};
typedef struct xenpf_microcode_update xenpf_microcode_update_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_microcode_update_t);
ABI_LAYOUT(struct xenpf_microcode_update, 16, (data, 0), (length, 8));

/* firmware_info.type, and .index for EFI. */
#define XEN_FW_DISK_INFO 1              /* disk number `index` of the BIOS. -XEN_ESRCH no more */
#define XEN_FW_DISK_MBR_SIGNATURE 2     /* the same */
#define XEN_FW_VBEDDC_INFO 3            /* the monitor */
#define XEN_FW_EFI_INFO 4
#define XEN_FW_EFI_VERSION 0
#define XEN_FW_EFI_CONFIG_TABLE 1
#define XEN_FW_EFI_VENDOR 2
#define XEN_FW_EFI_MEM_INFO 3           /* the memory descriptor around mem.addr */
#define XEN_FW_EFI_RT_VERSION 4
#define XEN_FW_EFI_PCI_ROM 5
#define XEN_FW_EFI_APPLE_PROPERTIES 6
#define XEN_FW_KBD_SHIFT_FLAGS 5        /* the BIOS keyboard flags */

/* firmware_info: what the firmware left behind; "out" but for type, index and the keys named. */
struct xenpf_firmware_info {
    uint32_t type;                      /* XEN_FW_* */
    uint32_t index;
    union {
        struct {
            uint8_t device;             /* BIOS number, 0x80 and up */
            uint8_t version;            /* of the extensions (INT 13h, AH=41h) */
            uint16_t interface_support;
            uint16_t legacy_max_cylinder;
            uint8_t legacy_max_head;
            uint8_t legacy_sectors_per_track;
            XEN_GUEST_HANDLE(void) edd_params;   /* in: buffer, its length in its first word */
        } disk_info;
        struct {
            uint8_t device;
            uint32_t mbr_signature;
        } disk_mbr_signature;
        struct {
            uint8_t capabilities;
            uint8_t edid_transfer_time; /* s */
            XEN_GUEST_HANDLE(uint8) edid;        /* in: buffer of 128 bytes */
        } vbeddc_info;
        union xenpf_efi_info {
            uint32_t version;
            struct {
                uint64_t addr;          /* physical */
                uint32_t nent;
            } cfg;
            struct {
                uint32_t revision;
                uint32_t bufsz;         /* bytes; in: of the buffer */
                XEN_GUEST_HANDLE(void) name;     /* in: buffer for 16-bit characters */
            } vendor;
            struct {
                uint64_t addr;          /* in, out */
                uint64_t size;
                uint64_t attr;
                uint32_t type;
            } mem;
            struct {
                uint16_t segment;       /* in, as the next four: the device */
                uint8_t bus;
                uint8_t devfn;
                uint16_t vendor;
                uint16_t devid;
                uint64_t address;
                xen_ulong_t size;
            } pci_rom;
            struct {
                uint64_t address;
                xen_ulong_t size;
            } apple_properties;
        } efi_info;
        uint8_t kbd_shift_flags;
    } u;
};
typedef struct xenpf_firmware_info xenpf_firmware_info_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_firmware_info_t);
ABI_LAYOUT(struct xenpf_firmware_info, 40, (type, 0), (index, 4), (u.disk_info.device, 8),
           (u.disk_info.version, 9), (u.disk_info.interface_support, 10),
           (u.disk_info.legacy_max_cylinder, 12), (u.disk_info.legacy_max_head, 14),
           (u.disk_info.legacy_sectors_per_track, 15), (u.disk_info.edd_params, 16),
           (u.disk_mbr_signature.device, 8), (u.disk_mbr_signature.mbr_signature, 12),
           (u.vbeddc_info.capabilities, 8), (u.vbeddc_info.edid_transfer_time, 9), (u.vbeddc_info.edid, 16),
           (u.efi_info, 8), (u.kbd_shift_flags, 8));

/* enter_acpi_sleep: put the machine to sleep or switch it off, with the values from its ACPI tables. */
#define XENPF_ACPI_SLEEP_EXTENDED 0x00000001
struct xenpf_enter_acpi_sleep {
#if __XEN_INTERFACE_VERSION__ < 0x00040300
    uint16_t pm1a_cnt_val;
    uint16_t pm1b_cnt_val;
#else
    uint16_t val_a;                     /* for register PM1a_CNT (extended: sleep control) ... */
    uint16_t val_b;                     /* ... PM1b_CNT (extended: sleep status) */
#endif
    uint32_t sleep_state;               /* 1 to 5 */
    uint32_t flags;                     /* XENPF_ACPI_SLEEP_EXTENDED */
};
typedef struct xenpf_enter_acpi_sleep xenpf_enter_acpi_sleep_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_enter_acpi_sleep_t);
ABI_LAYOUT(struct xenpf_enter_acpi_sleep, 12, (sleep_state, 4), (flags, 8));

/* getidletime: idle time of some CPUs. */
struct xenpf_getidletime {
    XEN_GUEST_HANDLE(uint8) cpumap_bitmap;   /* in: which; out: which exist */
    uint32_t cpumap_nr_cpus;                 /* bits */
    XEN_GUEST_HANDLE(uint64) idletime;       /* out: ns, indexed by CPU */
    uint64_t now;                            /* out: system time of the answer */
};
typedef struct xenpf_getidletime xenpf_getidletime_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_getidletime_t);
ABI_LAYOUT(struct xenpf_getidletime, 32, (cpumap_bitmap, 0), (cpumap_nr_cpus, 8), (idletime, 16), (now, 24));

/* get_cpuinfo: one CPU. */
#define XEN_PCPU_FLAGS_ONLINE 1
#define XEN_PCPU_FLAGS_INVALID 2        /* no such CPU */
struct xenpf_pcpuinfo {
    uint32_t xen_cpuid;                 /* in: its number */
    uint32_t max_present;               /* out, as the rest: highest number */
    uint32_t flags;                     /* XEN_PCPU_FLAGS_* */
    uint32_t apic_id;
    uint32_t acpi_id;
};
typedef struct xenpf_pcpuinfo xenpf_pcpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_pcpuinfo_t);
ABI_LAYOUT(struct xenpf_pcpuinfo, 20, (xen_cpuid, 0), (max_present, 4), (flags, 8), (apic_id, 12),
           (acpi_id, 16));

/* get_cpu_version: its make. */
struct xenpf_pcpu_version {
    uint32_t xen_cpuid;                 /* in */
    uint32_t max_present;               /* out, as the rest */
    char vendor_id[12];                 /* as CPUID gives it, no NUL */
    uint32_t family;
    uint32_t model;
    uint32_t stepping;
};
typedef struct xenpf_pcpu_version xenpf_pcpu_version_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_pcpu_version_t);
ABI_LAYOUT(struct xenpf_pcpu_version, 32, (xen_cpuid, 0), (max_present, 4), (vendor_id, 8), (family, 20),
           (model, 24), (stepping, 28));

/* cpu_online, cpu_offline: take a CPU into use or out of it. */
struct xenpf_cpu_ol {
    uint32_t cpuid;
};
typedef struct xenpf_cpu_ol xenpf_cpu_ol_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_cpu_ol_t);
ABI_LAYOUT(struct xenpf_cpu_ol, 4, (cpuid, 0));

/* resource_op: a few MSRs of the machine, several at once on one CPU. */
#define XEN_RESOURCE_OP_MSR_READ 0
#define XEN_RESOURCE_OP_MSR_WRITE 1
struct xenpf_resource_entry {
    union {
        uint32_t cmd;                   /* in: XEN_RESOURCE_OP_* */
        int32_t ret;                    /* out: 0 or a negative error */
    } u;
    uint32_t rsvd;
    uint64_t idx;                       /* MSR */
    uint64_t val;
};
typedef struct xenpf_resource_entry xenpf_resource_entry_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_entry_t);
ABI_LAYOUT(struct xenpf_resource_entry, 24, (u.cmd, 0), (u.ret, 0), (rsvd, 4), (idx, 8), (val, 16));
struct xenpf_resource_op {
    uint32_t nr_entries;
    uint32_t cpu;
    XEN_GUEST_HANDLE(xenpf_resource_entry_t) entries;
};
typedef struct xenpf_resource_op xenpf_resource_op_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_resource_op_t);
ABI_LAYOUT(struct xenpf_resource_op, 16, (nr_entries, 0), (cpu, 4), (entries, 8));

/* get_symbol: the hypervisor's symbol number symnum; past the last, symnum does not rise any more. */
struct xenpf_symdata {
    uint32_t namelen;                   /* bytes of the buffer; out: of the name with its NUL */
    uint32_t symnum;                    /* in; out: the next */
    XEN_GUEST_HANDLE(char) name;        /* in: buffer */
    uint64_t address;                   /* out, as the next */
    char type;                          /* letter as nm prints it */
};
typedef struct xenpf_symdata xenpf_symdata_t;
DEFINE_XEN_GUEST_HANDLE(xenpf_symdata_t);
ABI_LAYOUT(struct xenpf_symdata, 32, (namelen, 0), (symnum, 4), (name, 8), (address, 16), (type, 24));

/* The argument of the hypercall. */
struct xen_platform_op {
    uint32_t cmd;                       /* XENPF_* */
    uint32_t interface_version;         /* XENPF_INTERFACE_VERSION */
    union {
        xenpf_settime_t settime;
        xenpf_settime32_t settime32;
        xenpf_settime64_t settime64;
        xenpf_microcode_update_t microcode;
        xenpf_firmware_info_t firmware_info;
        xenpf_enter_acpi_sleep_t enter_acpi_sleep;
        xenpf_getidletime_t getidletime;
        xenpf_pcpuinfo_t pcpu_info;
        xenpf_pcpu_version_t pcpu_version;
        xenpf_cpu_ol_t cpu_ol;
        xenpf_resource_op_t resource_op;
        xenpf_symdata_t symdata;
        uint8_t pad[128];
    } u;
};
typedef struct xen_platform_op xen_platform_op_t;
DEFINE_XEN_GUEST_HANDLE(xen_platform_op_t);
ABI_LAYOUT(struct xen_platform_op, 136, (cmd, 0), (interface_version, 4), (u, 8));

#endif /* __XEN_PUBLIC_PLATFORM_H__ */
