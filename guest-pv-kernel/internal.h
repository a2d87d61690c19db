/*
 * What the kit's files share among themselves. Nothing outside of guest-pv-kernel/ includes this.
 */
#ifndef PV_INTERNAL_H
#define PV_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <pv/memory.h>
#include <pv/trap.h>

/* Symbols of kit.ld and entry.S. */
extern char pv_image_start[], pv_text_end[], pv_rodata_end[], pv_image_end[];
extern char pv_boot_stack_guard[];
extern char pv_trap_stubs[], pv_entry_event[], pv_entry_failsafe[], pv_entry_syscall[];

/* Bytes between two trap stubs. */
#define PV_TRAP_STUB_BYTES 16

/* "Vectors" behind the 256 real ones, for the callbacks. */
#define PV_ENTRY_EVENT 256
#define PV_ENTRY_FAILSAFE 257
#define PV_ENTRY_SYSCALL 258
#define PV_ENTRIES 259

/* ---- start/ ---- */
int main(int argc, char **argv);
void pv_start(const start_info_t *si, uintptr_t builder_stack_top) __attribute__((noreturn));
void pv_trap_init(void);
void pv_backtrace(uintptr_t frame_pointer);
int pv_cmdline_split(char *line, char **argv, int max);

/* ---- memory/ ---- */
void pv_pagetable_init(const start_info_t *si);
void pv_linear_init(const start_info_t *si, uintptr_t builder_stack_top);
void pv_pages_init(size_t first_free, size_t nr_pages);

/* Machine address of the leaf entry for a window address, making missing tables. 0 without memory. */
uint64_t pv_pt_leaf(uintptr_t va);

/* The table of the leaf entries for the 2 MiB around a mapped address, to be read; NULL without one. */
const volatile uint64_t *pv_pt_leaf_table(uintptr_t va);

/* Sets one entry of any level by its machine address. 0 or a negative error. */
int pv_pt_set(uint64_t entry_maddr, uint64_t value);

/* Makes a zeroed page a table: read-only. 0 or a negative error. */
int pv_pt_make_table(void *page);

/* Makes the tables that n pages from va on need. False without memory. */
bool pv_pt_make_tables(uintptr_t va, size_t n);

/* Writes `n` leaf entries starting at va, entry i being frames[i] with `flags` (frames NULL: all cleared).
 * The tables must exist. errs as for pv_map_frames(). 0 or the first error (errs == NULL: stops there). */
int pv_pt_fill(uintptr_t va, const xen_pfn_t *frames, size_t n, uint64_t flags, domid_t domid, int *errs);
void pv_tlb_flush(void);

/* Grows or shrinks malloc's memory; the old end, or NULL. */
void *pv_pages_sbrk(ptrdiff_t bytes);

/* Windows of address space. An area is followed by at least one page that is never mapped. */
struct pv_area {
    uintptr_t start;
    size_t pages;
    struct pv_area *next;
    uint32_t *handles;       /* grant handles, one a page; owned by the area */
};
struct pv_window {
    uintptr_t start, end;
    struct pv_area *areas;   /* by rising address */
};
extern struct pv_window pv_map_window, pv_region_window;
struct pv_area *pv_area_alloc(struct pv_window *w, size_t pages);
struct pv_area *pv_area_find(struct pv_window *w, const void *start, size_t pages);
void pv_area_free(struct pv_window *w, struct pv_area *area);

/* ---- event/, time/, thread/ ---- */
void pv_event_init(void);
void pv_event_upcall(void);
bool pv_in_upcall(void);
void pv_time_init(void);
void pv_time_arm(uint64_t deadline_ns);    /* UINT64_MAX: no timer */
void pv_thread_init(void (*first)(void *), const char *name, size_t stack_bytes) __attribute__((noreturn));
bool pv_threads_running(void);

/* Wakes the thread that has waited longest and returns it, or NULL. */
struct pv_thread;
struct pv_waitq;
struct pv_thread *pv_wake_first(struct pv_waitq *q);
void pv_switch(uint64_t *save_rsp, uint64_t load_rsp);
void pv_thread_trampoline(void);

/* ---- console/ ---- */
void pv_console_init(const start_info_t *si);
void pv_console_events(void);
size_t pv_format(char *out, size_t size, const char *fmt, va_list args);

/* ---- vfs/ ---- */
int pv_vfs_init(void);

#endif
