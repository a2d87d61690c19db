# Sources of the toolstack.
include dom0-tools/toolstack/pure.mk

dom0-srcs += $(toolstack-pure-srcs) $(addprefix dom0-tools/toolstack/, \
    error_text.c scratch.c control.c control_frames.c control_host.c guest_window.c build.c build_vcpu.c \
    kernel_cache.c registry.c store_keys.c device.c disk.c vif.c create.c destroy.c lifecycle.c find.c actions.c list.c host.c \
    toolstack.c)
