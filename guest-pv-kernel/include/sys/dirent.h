/*
 * Directory reading for newlib's <dirent.h>, on the kit's file tree (pv/vfs.h).
 */
#ifndef PV_SYS_DIRENT_H
#define PV_SYS_DIRENT_H

#include <sys/types.h>

#define DT_UNKNOWN 0
#define DT_CHR 2
#define DT_DIR 4
#define DT_REG 8
#define DT_LNK 10

struct dirent {
    ino_t d_ino;
    unsigned char d_type;    /* DT_* */
    char d_name[256];
};

typedef struct pv_dir DIR;

#ifdef __cplusplus
extern "C" {
#endif

DIR *opendir(const char *path);
DIR *fdopendir(int fd);
struct dirent *readdir(DIR *dir);    /* NULL at the end; the result is valid until the next call */
void rewinddir(DIR *dir);
int closedir(DIR *dir);
int dirfd(DIR *dir);

#ifdef __cplusplus
}
#endif

#endif
