# The kit's ext4 with libext2fs from the same source as on the target: random operations, crashes, damaged images.
unit-tests += ext4 ext4_claim ext4_crash ext4_damaged

ext4-upstream-objs := $(ext2fs-srcs:%=build/tests/unit/e2fsprogs/%.o) $(com_err-srcs:%=build/tests/unit/e2fsprogs/%.o)
ext4-unit-flags := -isystem build/upstream/e2fsprogs/made -Iguest-pv-kernel -Iguest-pv-kernel/ext4 \
    -idirafter guest-pv-kernel/include
ext4-unit-srcs := tests/unit/ext4_world.c $(addprefix guest-pv-kernel/ext4/,cache.c claim.c commit.c directory.c error.c \
    external.c file.c inode.c journal.c map.c mount.c names.c walk.c)

$(ext4-upstream-objs): build/tests/unit/e2fsprogs/%.o: build/upstream/e2fsprogs.fetched
	@mkdir -p $(@D)
	$(Q)$(cc) $(filter-out -Wall -Wextra -Werror,$(host-cflags)) -DNDEBUG -ffunction-sections \
	    $(filter-out -Iguest-pv-kernel/include,$(ext2fs-flags)) -fno-sanitize=undefined \
	    -c build/upstream/e2fsprogs/$*.c -o $@

build/tests/unit/e2fsprogs.a: $(ext4-upstream-objs)
	$(Q)rm -f $@ && $(ar) rcs $@ $^

ext4-srcs := tests/unit/test_ext4.c $(ext4-unit-srcs)
ext4-flags := $(ext4-unit-flags)
ext4-libs := -Wl,--gc-sections build/tests/unit/e2fsprogs.a
ext4_claim-srcs := tests/unit/test_ext4_claim.c $(ext4-unit-srcs)
ext4_claim-flags := $(ext4-unit-flags)
ext4_claim-libs := $(ext4-libs)
ext4_crash-srcs := tests/unit/test_ext4_crash.c $(ext4-unit-srcs)
ext4_crash-flags := $(ext4-unit-flags)
ext4_crash-libs := $(ext4-libs)
ext4_damaged-srcs := tests/unit/test_ext4_damaged.c $(ext4-unit-srcs)
ext4_damaged-flags := $(ext4-unit-flags)
ext4_damaged-libs := $(ext4-libs)
$(addprefix build/tests/unit/,ext4 ext4_claim ext4_crash ext4_damaged): build/tests/unit/e2fsprogs.a
build/tests/unit/objs-ext4/%.o build/tests/unit/objs-ext4_claim/%.o \
    build/tests/unit/objs-ext4_crash/%.o build/tests/unit/objs-ext4_damaged/%.o: | build/upstream/e2fsprogs.fetched
