# The toolstack's pure parts: configuration, kernel images, memory layout.
include dom0-tools/toolstack/pure.mk

unit-tests += toolstack_config toolstack_image toolstack_layout

toolstack_config-srcs := tests/unit/test_toolstack_config.c $(toolstack-pure-srcs)
toolstack_config-flags := -Idom0-tools/toolstack
toolstack_config-libs := $(toolstack-pure-libs)

toolstack_image-srcs := tests/unit/test_toolstack_image.c tests/unit/toolstack_elf.c $(toolstack-pure-srcs)
toolstack_image-flags := -Idom0-tools/toolstack
toolstack_image-libs := $(toolstack-pure-libs)

toolstack_layout-srcs := tests/unit/test_toolstack_layout.c $(toolstack-pure-srcs)
toolstack_layout-flags := -Idom0-tools/toolstack
toolstack_layout-libs := $(toolstack-pure-libs)
