/* drivers.h: the host's devices. */
#ifndef ENSO_DRIVERS_H
#define ENSO_DRIVERS_H

/* Finds the host's devices and starts the drivers of those that have one; a device that cannot be had is
 * named in one line. 0; a negative newlib error if there is no PCI bus for this domain. */
int drivers_start(void);

#endif
