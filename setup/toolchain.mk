# toolchain.mk: the compiler and its flags for the three kinds of code in this tree.
#
#   hv-...    the hypervisor: ring 0, no C library, no FPU registers
#   pv-...    PV images (the kit, the control domain, guests): ring 3, newlib, linked at small addresses
#   host-...  programs that run on the build machine: unit tests, fuzzers

cc := gcc
ar := gcc-ar
objcopy := objcopy
gcc-include := $(shell $(cc) -print-file-name=include)

warnings := -Wall -Wextra -Werror
dependencies = -MMD -MP

# ---- the hypervisor ----
# Linked at a fixed address that is neither in the lowest nor in the highest 2 GiB: the code must address
# relative to RIP (-fpie), the linker resolves everything (-no-pie).
hv-code := -std=gnu11 -m64 -march=x86-64 -O2 -g -ffreestanding -nostdinc -isystem $(gcc-include) \
    -fpie -fvisibility=hidden -mcmodel=small -mno-red-zone -mgeneral-regs-only \
    -fno-strict-aliasing -fno-delete-null-pointer-checks -fno-omit-frame-pointer \
    -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none
hv-cflags := $(hv-code) $(warnings) -Ihypercall-abi/include -Ihypervisor/include -Ihypervisor
hv-ldflags := -nostdlib -static -no-pie \
    -Wl,-z,max-page-size=4096,-z,noexecstack,--build-id=none,--fatal-warnings

# ---- PV images ----
# pv-code alone compiles newlib and the other upstream libraries; our own code adds warnings and include
# paths. newlib is not Linux: the host compiler must not say so.
pv-code := -O2 -g -m64 -march=x86-64 -mno-red-zone -mcmodel=small -fno-pic -fno-pie \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
    -ffunction-sections -fdata-sections \
    $(foreach name,__linux__ __linux linux __gnu_linux__ __unix__ __unix unix,-U$(name))
pv-includes := -nostdinc -isystem build/sysroot/include -isystem $(gcc-include)
pv-cflags := -std=gnu11 $(pv-code) -fno-strict-aliasing $(warnings) $(pv-includes) \
    -D_POSIX_TIMERS=1 -D_POSIX_MONOTONIC_CLOCK=200112L -DFD_SETSIZE=256 \
    -Ihypercall-abi/include -Iguest-pv-kernel/include -Iguest-pv-kernel/lwip
pv-ldflags := -nostdlib -static -no-pie -Lbuild/sysroot/lib \
    -Wl,--gc-sections,-z,max-page-size=4096,-z,noexecstack,--build-id=none

# ---- the build machine ----
host-cflags := -std=gnu11 -O1 -g $(warnings) -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer -D_GNU_SOURCE
host-ldflags := -fsanitize=address,undefined

pytest = ACCEL=$(ACCEL) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -q

# What tests do together: each may have a machine of two CPUs that waits most of the time.
pytest-shared = $(pytest) -n $(shell nproc) --dist loadgroup

# build/flags/NAME changes when the variable NAME does: what is compiled with it depends on it.
build/flags/%: FORCE
	@mkdir -p $(@D)
	@echo '$($*)' | cmp -s - $@ || echo '$($*)' > $@
