/* The builder: fills an empty, paused domain until its first vcpu could run. It knows hypercalls and memory,
 * nothing of the store, of names or of policies. */
#ifndef ENSO_TOOLSTACK_BUILD_H
#define ENSO_TOOLSTACK_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>

#include "error.h"
#include "image.h"

/* What to build. Everything stays the caller's and must not change until build_domain returns. */
struct build_request {
    domid_t domid;           /* created, with its vcpus and its memory limit; owns no memory yet */
    const char *name;        /* for error texts */
    const struct image *image;
    const void *ramdisk;     /* NULL: none */
    size_t ramdisk_bytes;
    const char *cmdline;     /* shorter than MAX_GUEST_CMDLINE */
    uint64_t pages;          /* frames to give to the domain */
    const bool *cancel;      /* becomes true when somebody wants the domain gone: the builder stops at the
                              * next step and answers -ECANCELED */
};

/* What the others need to connect to the domain. Ports are numbers in the new domain. */
struct build_result {
    xen_pfn_t store_frame;
    evtchn_port_t store_port;
    xen_pfn_t console_frame;
    evtchn_port_t console_port;
};

/* Builds. Yields between steps. Returns 0 or a negative errno with err filled. After a failure the domain is
 * half-built and only good for destruction; nothing of it stays mapped here. */
int build_domain(const struct build_request *request, struct build_result *result,
                 struct toolstack_error *err);

/* How many frames the image and ramdisk need at least, without building; 0 and err filled when impossible. */
uint64_t build_least_pages(const struct build_request *request, struct toolstack_error *err);

#endif
