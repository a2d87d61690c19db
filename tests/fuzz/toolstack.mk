# The toolstack's parsers: configurations, kernel images and the layout that follows from them.
fuzz-targets += toolstack_config toolstack_image

fuzz-toolstack_config-srcs := tests/fuzz/fuzz_toolstack_config.c $(addprefix dom0-tools/toolstack/, \
    error.c config_report.c config_syntax.c config_cpus.c config_disk.c config_vif.c config_spec.c config_keys.c)
fuzz-toolstack_config-flags := -Idom0-tools/toolstack
fuzz-toolstack_config-seeds := tests/unit/toolstack-config
fuzz-toolstack_config-runs := 30000

fuzz-toolstack_image-srcs := tests/fuzz/fuzz_toolstack_image.c $(toolstack-pure-srcs)
fuzz-toolstack_image-flags := -Idom0-tools/toolstack
fuzz-toolstack_image-libs := $(toolstack-pure-libs)
fuzz-toolstack_image-length := 20000
fuzz-toolstack_image-seeds := build/fuzz/seeds/toolstack_image

image-seeder-objs := $(addprefix build/fuzz/objs-toolstack_image/, \
    tests/fuzz/seed_toolstack_image.c.o tests/unit/toolstack_elf.c.o)
fuzz-toolstack_image-flags += -Itests/unit

$(image-seeder-objs): build/fuzz/objs-toolstack_image/%.o: % build/flags/fuzz-toolstack_image-cflags
	@mkdir -p $(@D)
	$(Q)$(fuzz-cc) $(fuzz-toolstack_image-cflags) $(dependencies) -c $< -o $@

build/fuzz/toolstack_image-seeder: $(image-seeder-objs)
	$(Q)$(fuzz-cc) -fsanitize=address,undefined -o $@ $^ $(toolstack-pure-libs)

build/fuzz/seeds/toolstack_image: build/fuzz/toolstack_image-seeder
	@mkdir -p $@
	$(Q)$< $@
	@touch $@
fuzz-toolstack_image-runs := 8000

fuzz-targets += config_devices
fuzz-config_devices-srcs := tests/fuzz/fuzz_config_devices.c $(fuzz-kit-srcs) \
    $(addprefix dom0-tools/toolstack/,config_disk.c config_vif.c config_spec.c)
fuzz-config_devices-flags := $(fuzz-kit-flags)
fuzz-config_devices-seeds := tests/fuzz/seeds/config_devices
fuzz-config_devices-length := 300
