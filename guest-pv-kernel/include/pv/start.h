/*
 * What the domain was started with. Valid from before main() on and constant afterwards.
 */
#ifndef PV_START_H
#define PV_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

/* The start_info page as the domain builder filled it in. */
extern const start_info_t *pv_start_info;

/* The page shared with the hypervisor. Time and event code are the ones to touch it. */
extern shared_info_t *pv_shared_info;

/* True in the initial domain (SIF_INITDOMAIN): console by console_io, no store ring given. */
bool pv_is_control_domain(void);

/* The module (ramdisk, boot archive) that came with the kernel, where the builder put it; its pages stay
 * reserved for ever. NULL without a module; *len gets its bytes (0 without). */
const void *pv_module(size_t *len);

/* The image's entry point for a C program is int main(int argc, char **argv): argv from the words of the
 * command line, argv[0] the image name ("guest" when the line is empty). Words are separated by blanks;
 * "..." and '...' keep blanks together. When it returns, exit() runs with its value: 0 powers the domain
 * off, anything else is a crash. */

/* Bytes of the stack that main() runs on. The kit's default is 64 KiB; a program may define its own. */
extern const size_t pv_main_stack_bytes;

#endif
