/* calls.h: the groups of the kernel `calls`, by file. */
#ifndef CALLS_H
#define CALLS_H

#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* numbers.c */
void numbers_there(void);
void numbers_holes(void);
void numbers_high_bits(void);

/* version.c */
void version_values(void);
void version_texts(void);
void version_pointers(void);

/* pointers.c */
void pointers_in(void);
void pointers_out(void);

/* multicall.c, multicall-iret.c */
void multicall_lists(void);
void multicall_pointers(void);
void multicall_iret(void);

/* hypercall-page.c */
void hypercall_page(void);

/* callbacks.c */
void callbacks_register(void);
void callbacks_unregister(void);
void callbacks_event(void);
void callbacks_nmi(void);

/* assists.c */
void assists(void);
void timer_arguments(void);

/* console.c */
void console(void);

/* physdev.c */
void physdev(void);

/* old-forms.c */
void old_forms(void);

/* absent.c */
void absent(void);

/* privileged.c, control.c */
void privileged(void);
void control(void);

#endif
