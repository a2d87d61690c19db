# unit.mk: cmocka tests of single parts, compiled for the build machine with the address and
# undefined-behaviour sanitizers.
#
# Each part has a fragment tests/unit/PART.mk that says for each of its test programs:
#   unit-tests += NAME
#   NAME-srcs := tests/unit/test_NAME.c and the product's files under test
#   NAME-flags := -I... -D...      (optional)
#   NAME-libs := -l...             (optional)
# `make unit-NAME` runs one, `make unit` all of them.

unit-tests :=
include $(sort $(filter-out tests/unit/unit.mk,$(wildcard tests/unit/*.mk)))

# $(call unit-test,NAME): rules for build/tests/unit/NAME, and unit-NAME that runs it.
define unit-test
$1-objs := $$($1-srcs:%=build/tests/unit/objs-$1/%.o)
$1-cflags := $$(host-cflags) $$($1-flags)

$$($1-objs): build/tests/unit/objs-$1/%.o: % build/flags/$1-cflags
	@mkdir -p $$(@D)
	$$(Q)$$(cc) $$($1-cflags) $$(dependencies) -c $$< -o $$@

build/tests/unit/$1: $$($1-objs)
	$$(say) HOSTLD $$@
	$$(Q)$$(cc) $$(host-ldflags) -o $$@ $$($1-objs) $$($1-libs) -lcmocka

unit-$1: build/tests/unit/$1
	$$(say) TEST $$<
	$$(Q)$$< > $$<.log 2>&1 || { cat $$<.log; exit 1; }

-include $$($1-objs:.o=.d)
.PHONY: unit-$1
endef

$(foreach test,$(unit-tests),$(eval $(call unit-test,$(test))))

unit: $(unit-tests:%=unit-%)

.PHONY: unit
