/* States of a device's two ends, as the key `state` in each end's directory of the store (a decimal number).
 * Source of the names and numbers: Xen 4.17 public/io/xenbus.h.
 *
 * Usual course: the back end publishes what it can do and goes to InitWait; the front end sets up its rings,
 * publishes them and goes to Initialised (or Connected); the back end maps them and goes to Connected; the
 * front end follows. */
#ifndef _XEN_PUBLIC_IO_XENBUS_H
#define _XEN_PUBLIC_IO_XENBUS_H

enum xenbus_state {
    XenbusStateUnknown = 0,
    XenbusStateInitialising = 1,    /* starts */
    XenbusStateInitWait = 2,        /* is ready, waits for the other end */
    XenbusStateInitialised = 3,     /* has published all, waits for the connection */
    XenbusStateConnected = 4,       /* works */
    XenbusStateClosing = 5,         /* ends, by wish or after a fault */
    XenbusStateClosed = 6,          /* gone; resources are free */
    XenbusStateReconfiguring = 7,   /* a part of the device changes (PCI, SCSI) ... */
    XenbusStateReconfigured = 8     /* ... has changed */
};
typedef enum xenbus_state XenbusState;

#endif /* _XEN_PUBLIC_IO_XENBUS_H */
