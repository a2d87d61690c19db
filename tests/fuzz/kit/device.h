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

/* The backend has begun anew, and may say again what it has said. */
void device_anew(void);

/* Steps that all kinds have. As the input says: the tools ask for one of the peer's devices, take it by force,
 * or think better of it; its directory goes (of the two ends the backend's, if `back`); a key of its front end
 * gets another value, now or between two reads that are to come, or a long one. */
enum { DEVICE_END = 1, DEVICE_REMOVE, DEVICE_CHANGE, DEVICE_CHANGE_LATER, DEVICE_LONG_VALUE };
void device_step(unsigned step, bool back, unsigned id, const char *(*any_key)(void));

/* Wrong if the backend's state does not answer the front end's. Nothing may be under way. */
void device_check(domid_t domid, unsigned id);

/* Wrong if a device that has just been attached is not waiting for its front end. */
void device_check_served(domid_t domid, unsigned id);

#endif
