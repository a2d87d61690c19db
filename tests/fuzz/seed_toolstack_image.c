/* Writes the first inputs of fuzz_toolstack_image into a folder: each form that the loader knows, once. */
#include <stdio.h>
#include <stdlib.h>

#include "toolstack_elf.h"

static const char *folder;

static void save(const char *name, const void *data, size_t size)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "gzip", "xz", "zstd", "lz4" };
    static uint8_t elf[TEST_ELF_SIZE + 1024];
    char name[32];
    uint8_t *packed, *whole;
    size_t size, whole_size;

    if (argc != 2)
        return 2;
    folder = argv[1];
    test_elf(elf);
    save("elf", elf, TEST_ELF_SIZE);
    whole = test_bzimage(elf, TEST_ELF_SIZE, 0, 0, &whole_size);
    save("bzimage", whole, whole_size);
    free(whole);
    for (enum test_packing i = TEST_GZIP; i <= TEST_LZ4; i++) {
        packed = test_pack(i, elf, TEST_ELF_SIZE, &size);
        whole = test_bzimage(packed, size, i != TEST_GZIP, TEST_ELF_SIZE, &whole_size);
        save(names[i], packed, size);
        snprintf(name, sizeof(name), "bzimage-%s", names[i]);
        save(name, whole, whole_size);
        free(packed);
        free(whole);
    }
    size = test_legacy_elf(elf, "GUEST_OS=x,XEN_VER=xen-3.0,VIRT_BASE=0x80000000,PAE=yes,LOADER=generic");
    save("legacy", elf, size);
    return 0;
}
