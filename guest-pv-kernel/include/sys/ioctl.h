/*
 * ioctl() for open files whose file system has it (pv/vfs.h).
 */
#ifndef PV_SYS_IOCTL_H
#define PV_SYS_IOCTL_H

#ifdef __cplusplus
extern "C" {
#endif

/* What the object behind `fd` answers; ENOTTY if it has no such operations. One argument, a pointer. */
int ioctl(int fd, int request, ...);

#ifdef __cplusplus
}
#endif

#endif
