/* rig_exit.h: tells a test rig how it went. */
#ifndef ENSO_CLI_RIG_EXIT_H
#define ENSO_CLI_RIG_EXIT_H

/* Writes code (0 to 127) to QEMU's isa-debug-exit device: QEMU ends with status 2 * code + 1. Returns when
 * there is no such device, or no permission for its port. */
void rig_exit(unsigned code);

#endif
