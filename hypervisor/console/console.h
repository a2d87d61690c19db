/* The hypervisor's console: ring of the log (dmesg), UART and screen, input with switching between the
 * control domain and the hypervisor's debug keys (three Ctrl-A), and console_io of domains. Lock:
 * RANK_CONSOLE. */
#ifndef ENSO_CONSOLE_CONSOLE_H
#define ENSO_CONSOLE_CONSOLE_H

#include "lib/types.h"

struct boot_info;
struct domain;

void console_init(const struct boot_info *info);        /* polled output: from here a panic can be read */
void console_init_screen(const struct boot_info *info); /* the screen too, after frame_init */
void console_init_irq(void);                            /* UART input by interrupt */
/* Raw bytes to the consoles (control domain's console_io): no prefix. */
void console_write(const char *s, size_t n);
/* A domU's console_io bytes: kept until a newline, then one labelled line "(d12) text", rate limited. */
void console_write_domain(struct domain *d, const char *s, size_t n);
/* Bytes typed for the control domain; 0 if none. */
size_t console_read(char *buf, size_t n);
void console_interrupt(void);
/* The log ring: copies from *index on (XEN_SYSCTL_readconsole semantics); clear empties it. Returns bytes
 * copied to the buffer, which is hypervisor memory. */
size_t console_ring_read(char *buf, size_t n, uint32_t *index, bool incremental, bool clear);
/* During a panic: no locks, all consoles, synchronous. Prints the end of the log. */
void console_start_panic(void);
/* A debug key (three Ctrl-A then the key, or XEN_SYSCTL_debug_keys). Handlers in console/debug-keys.c; 'h'
 * lists them. */
void debug_key(char key);
/* Symbol for an address in the hypervisor's text: "name+0x12/0x40". */
void symbol_format(uint64_t addr, char *buf, size_t size);
void backtrace_print(uint64_t rbp, uint64_t rip);

#endif
