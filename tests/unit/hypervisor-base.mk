# The hypervisor's own library, its boot information and its time arithmetic, compiled for the build machine.
# Functions that the C library has too are renamed, so that ours are tested.
hyp-renamed := memcpy memmove memset memcmp strlen strnlen strcmp strncmp strchr strlcpy snprintf vsnprintf
hyp-flags := -Ihypervisor -Ihypercall-abi/include -fno-builtin \
    $(foreach name,$(hyp-renamed),-D$(name)=hyp_$(name))
hyp-lib := $(addprefix hypervisor/lib/,format.c number.c string.c)

unit-tests += hyp_lib hyp_boot hyp_time

hyp_lib-srcs := tests/unit/test_hyp_lib.c hypervisor/boot/cmdline.c $(hyp-lib)
hyp_lib-flags := $(hyp-flags)

hyp_boot-srcs := tests/unit/test_hyp_boot.c $(addprefix hypervisor/boot/,boot-info.c early.c) $(hyp-lib)
hyp_boot-flags := $(hyp-flags)

hyp_time-srcs := tests/unit/test_hyp_time.c $(addprefix hypervisor/sched/,time.c timer-heap.c) $(hyp-lib)
hyp_time-flags := $(hyp-flags)

unit-tests += hyp_console
hyp_console-srcs := tests/unit/test_hyp_console.c hypervisor/boot/cmdline.c $(hyp-lib) \
    $(addprefix hypervisor/console/,input.c log-ring.c screen.c)
hyp_console-flags := $(hyp-flags)

unit-tests += first_image
first_image-srcs := tests/unit/test_first_image.c hypervisor/domain/first-image.c $(hyp-lib)
first_image-flags := $(hyp-flags)
