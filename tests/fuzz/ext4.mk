# The kit's ext4 with libext2fs from the same source as on the target, on images that mke2fs makes when it starts.
fuzz-targets += ext4
fuzz-ext4-srcs := tests/fuzz/fuzz_ext4.c tests/fuzz/kit/input.c $(ext4-unit-srcs)
fuzz-ext4-flags := -Itests/fuzz -Itests -Ihypercall-abi/include $(ext4-unit-flags)
fuzz-ext4-libs := build/fuzz/e2fsprogs.a
fuzz-ext4-seeds := tests/fuzz/seeds/ext4
fuzz-ext4-length := 400
fuzz-ext4-runs := 2000

fuzz-upstream-objs := $(patsubst %,build/fuzz/e2fsprogs/%.o,$(ext2fs-srcs) $(com_err-srcs))

$(fuzz-upstream-objs): build/fuzz/e2fsprogs/%.o: build/upstream/e2fsprogs.fetched
	@mkdir -p $(@D)
	$(Q)$(fuzz-cc) $(filter-out $(warnings),$(fuzz-cflags)) -DNDEBUG -ffunction-sections \
	    $(filter-out -Iguest-pv-kernel/include,$(ext2fs-flags)) -fno-sanitize=undefined \
	    -c build/upstream/e2fsprogs/$*.c -o $@

build/fuzz/e2fsprogs.a: $(fuzz-upstream-objs)
	$(Q)rm -f $@ && $(ar) rcs $@ $^

build/fuzz/ext4: build/fuzz/e2fsprogs.a | build/tests/unit
build/fuzz/objs-ext4/%.o: | build/upstream/e2fsprogs.fetched
build/tests/unit:
	@mkdir -p $@
