/* device.h: both ends of a device in the played store: what the tools write, what a front end may, and
 * what the backend's answer must be when everything has come to rest. */
#ifndef ENSO_FUZZ_KIT_DEVICE_H
#define ENSO_FUZZ_KIT_DEVICE_H

#include <stdbool.h>

#include <xen/xen.h>

/* A key in one of a device's directories; NULL: the directory. The last few results are good. */
const char *device_back(domid_t domid, unsigned id, const char *key);
const char *device_front(domid_t domid, unsigned id, const char *key);

/* Begins an input, with devices of this type. */
void device_start(const char *type);

/* What the tools write around keys of the device's kind, which are there
 * already; the last one is `online`. */
void device_attach(domid_t domid, unsigned id);
bool device_is_attached(domid_t domid, unsigned id);

/* As the input says, the tools ask for the device, take it by force, or
 * think better of it; if it is there. */
void device_end_some(domid_t domid, unsigned id);

/* The backend has begun anew, and may say again what it has said. */
void device_anew(void);

/* From the input: a value, NULL for none, mostly a small number; and one of any length, written at once. */
const char *device_value(void);
void device_long_value(const char *path);

/* Wrong if the backend's state does not answer the front end's. Nothing may be under way. */
void device_check(domid_t domid, unsigned id);

#endif
