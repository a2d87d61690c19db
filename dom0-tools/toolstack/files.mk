# Sources of the toolstack. toolstack-pure-srcs needs neither the kit nor a hypervisor: the unit tests and the
# fuzzers compile it on the host as well.

toolstack-pure-srcs := $(addprefix dom0-tools/toolstack/, \
    error.c config_report.c config_syntax.c config_cpus.c config_keys.c \
    elf.c image.c image_legacy.c image_notes.c bzimage.c \
    unpack.c unpack_gzip.c unpack_xz.c unpack_zstd.c unpack_lz4.c layout.c)

dom0-srcs += $(toolstack-pure-srcs) $(addprefix dom0-tools/toolstack/, \
    error_text.c scratch.c control.c control_frames.c control_host.c guest_window.c build.c build_vcpu.c \
    kernel_cache.c registry.c store_keys.c create.c destroy.c lifecycle.c find.c actions.c list.c host.c \
    toolstack.c)
