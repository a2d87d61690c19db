# The part of the toolstack that needs neither the kit nor a hypervisor: unit tests and fuzzers compile it for the
# build machine as well.

toolstack-pure-srcs := $(addprefix dom0-tools/toolstack/, \
    error.c config_report.c config_syntax.c config_cpus.c config_disk.c config_vif.c config_spec.c config_keys.c \
    elf.c image.c image_legacy.c image_notes.c bzimage.c \
    unpack.c unpack_gzip.c unpack_xz.c unpack_zstd.c unpack_lz4.c layout.c)
toolstack-pure-libs := -lz -llzma -lzstd -llz4
