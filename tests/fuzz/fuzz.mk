# fuzz.mk: libFuzzer programs, compiled for the build machine by clang with the address and
# undefined-behaviour sanitizers.
#
# Each part has a fragment tests/fuzz/PART.mk that says for each of its programs:
#   fuzz-targets += NAME
#   fuzz-NAME-srcs := tests/fuzz/fuzz_NAME.c and the product's files under test
#   fuzz-NAME-flags := -I... -D...      (optional)
#   fuzz-NAME-libs := -l...             (optional)
#   fuzz-NAME-seeds := a folder of first inputs (optional)
#   fuzz-NAME-length := the longest input in bytes (2048)
#   fuzz-NAME-runs := inputs of a short run, for about a second (20000)
#
# `make fuzz-short` is part of `make test`: the same inputs each time, as far as that can be had (fuzz.sh).
# `make fuzz` goes on from the corpus that it keeps in build/fuzz/corpus/; TARGET names one program, SECONDS
# says how long each of them runs. An input that fails is left in build/fuzz/, and its name is told.

TARGET :=
SECONDS := 300

fuzz-cc := clang
fuzz-cflags := -std=gnu11 -O1 -g $(warnings) -fsanitize=fuzzer-no-link,address,undefined \
    -fno-sanitize-recover=all -fno-omit-frame-pointer -D_GNU_SOURCE
fuzz-ldflags := -fsanitize=fuzzer,address,undefined
# Loads are reported too: fuzz/kit/kit.h says what for.
fuzz-loads := -fsanitize-coverage=trace-loads

fuzz-targets :=
include $(sort $(filter-out tests/fuzz/fuzz.mk,$(wildcard tests/fuzz/*.mk)))

# $(call fuzz-target,NAME): rules for build/fuzz/NAME, and fuzz-short-NAME and fuzz-long-NAME that run it.
define fuzz-target
fuzz-$1-objs := $$(fuzz-$1-srcs:%=build/fuzz/objs-$1/%.o)
fuzz-$1-cflags := $$(fuzz-cflags) $$(fuzz-$1-flags)
fuzz-$1-options := -rss_limit_mb=1024 -timeout=20 -len_control=10 -close_fd_mask=1 \
    -max_len=$$(or $$(fuzz-$1-length),2048) -artifact_prefix=build/fuzz/$1- -print_final_stats=1

$$(fuzz-$1-objs): build/fuzz/objs-$1/%.o: % build/flags/fuzz-$1-cflags
	@mkdir -p $$(@D)
	$$(Q)$$(fuzz-cc) $$(fuzz-$1-cflags) $$(dependencies) -c $$< -o $$@

build/fuzz/$1: $$(fuzz-$1-objs)
	$$(say) FUZZLD $$@
	$$(Q)$$(fuzz-cc) $$(fuzz-ldflags) -o $$@ $$(fuzz-$1-objs) $$(fuzz-$1-libs)

fuzz-short-$1: build/fuzz/$1 $$(fuzz-$1-seeds)
	@rm -rf build/fuzz/short/$1 && mkdir -p build/fuzz/short/$1
	$$(say) FUZZ $$<
	$$(Q)tests/fuzz/fuzz.sh $$< -seed=1 -runs=$$(or $$(fuzz-$1-runs),20000) $$(fuzz-$1-options) \
	    build/fuzz/short/$1 $$(fuzz-$1-seeds)

fuzz-long-$1: build/fuzz/$1 $$(fuzz-$1-seeds)
	@mkdir -p build/fuzz/corpus/$1
	$$(say) FUZZ "$$< for $$(SECONDS) s"
	$$(Q)tests/fuzz/fuzz.sh $$< -max_total_time=$$(SECONDS) $$(fuzz-$1-options) \
	    build/fuzz/corpus/$1 $$(fuzz-$1-seeds)

-include $$(fuzz-$1-objs:.o=.d)
.PHONY: fuzz-short-$1 fuzz-long-$1
endef

$(foreach target,$(fuzz-targets),$(eval $(call fuzz-target,$(target))))

fuzz-short: $(fuzz-targets:%=fuzz-short-%)
fuzz: $(addprefix fuzz-long-,$(or $(TARGET),$(fuzz-targets)))

.PHONY: fuzz fuzz-short
