/*
 * ioctl() for open files whose file system has it (pv/vfs.h).
 */
#ifndef PV_SYS_IOCTL_H
#define PV_SYS_IOCTL_H

/* Of sockets: how many bytes wait to be read; whether calls wait. The argument points to an int. */
#define FIONREAD 0x4008667f
#define FIONBIO 0x8008667e

#ifdef __cplusplus
extern "C" {
#endif

/* What the object behind `fd` answers; ENOTTY if it has no such operations. One argument, a pointer. */
int ioctl(int fd, int request, ...);

#ifdef __cplusplus
}
#endif

#endif
