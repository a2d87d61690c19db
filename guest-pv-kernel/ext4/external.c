/* external.c: what e2fsprogs' journal code wants of other libraries to find a journal on another device.
 * There is none here: nothing has such a name. */
#include "private.h"

struct blkid_struct_cache;

int blkid_get_cache(struct blkid_struct_cache **cache, const char *file);
void blkid_put_cache(struct blkid_struct_cache *cache);
char *blkid_get_devname(struct blkid_struct_cache *cache, const char *token, const char *value);
char *blkid_devno_to_devname(dev_t number);
void uuid_unparse(const unsigned char *uuid, char *text);

io_manager unix_io_manager = &ext4_io_manager;

int blkid_get_cache(struct blkid_struct_cache **cache, const char *file)
{
    (void)file;
    *cache = NULL;
    return 0;
}

void blkid_put_cache(struct blkid_struct_cache *cache)
{
    (void)cache;
}

char *blkid_get_devname(struct blkid_struct_cache *cache, const char *token, const char *value)
{
    (void)cache, (void)token, (void)value;
    return NULL;
}

char *blkid_devno_to_devname(dev_t number)
{
    (void)number;
    return NULL;
}

void uuid_unparse(const unsigned char *uuid, char *text)
{
    (void)uuid;
    text[0] = '\0';
}
