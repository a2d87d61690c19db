# hypervisor.mk: build/enso and build/enso-debug from the files that hypervisor/*/files.mk list in
# hypervisor-srcs.
#
# The two differ only in -DENSO_DEBUG=1, which makes the constant debug_build true. Each is linked twice:
# once with an empty symbol table, then with the table of what that link placed. The table lies behind the
# text, so it moves no function; symbols.sh checks that.

hypervisor-srcs :=
include $(foreach folder,boot cpu dispatch emulate memory domain sched event grant irq pci console lib, \
    hypervisor/$(folder)/files.mk)

# $(call hypervisor-image,IMAGE,FLAGS): rules for build/IMAGE; its objects go to build/hypervisor-IMAGE/.
define hypervisor-image
$1-dir := build/hypervisor-$1
$1-objs := $$(hypervisor-srcs:%=$$($1-dir)/%.o)
$1-cflags := $$(hv-cflags) -I$$($1-dir)/include $2

build/$1: $$($1-objs) $$($1-dir)/symbols.S.o hypervisor/hypervisor.ld
	$$(say) LD $$@
	$$(Q)$$(cc) $$(hv-ldflags) -T hypervisor/hypervisor.ld -o $$@ $$($1-objs) $$($1-dir)/symbols.S.o
	$$(Q)hypervisor/symbols.sh $$@ | cmp -s - $$($1-dir)/symbols.S || \
	    { echo "$$@: symbol table is wrong" >&2; exit 1; }

$$($1-dir)/symbols.S: $$($1-dir)/unnamed hypervisor/symbols.sh
	$$(Q)hypervisor/symbols.sh $$< > $$@

$$($1-dir)/unnamed: $$($1-objs) $$($1-dir)/no-symbols.S.o hypervisor/hypervisor.ld
	$$(Q)$$(cc) $$(hv-ldflags) -T hypervisor/hypervisor.ld -o $$@ $$($1-objs) $$($1-dir)/no-symbols.S.o

$$($1-dir)/no-symbols.S: hypervisor/symbols.sh
	@mkdir -p $$(@D)
	$$(Q)hypervisor/symbols.sh > $$@

$$($1-dir)/symbols.S.o $$($1-dir)/no-symbols.S.o: %.o: %
	$$(Q)$$(cc) -c $$< -o $$@

$$($1-dir)/%.c.o: %.c build/flags/$1-cflags
	@mkdir -p $$(@D)
	$$(say) CC $$@
	$$(Q)$$(cc) $$($1-cflags) $$(dependencies) -c $$< -o $$@

$$($1-dir)/%.S.o: %.S $$($1-dir)/include/asm-offsets.h build/flags/$1-cflags
	@mkdir -p $$(@D)
	$$(say) AS $$@
	$$(Q)$$(cc) $$($1-cflags) -D__ASSEMBLY__ $$(dependencies) -c $$< -o $$@

# Offsets of structure fields for the assembly code: cpu/asm-offsets.c is compiled, not linked; each of its
# lines `->NAME value` in the compiler's output becomes a #define.
$$($1-dir)/asm-offsets.s: hypervisor/cpu/asm-offsets.c build/flags/$1-cflags
	@mkdir -p $$(@D)
	$$(say) CC $$@
	$$(Q)$$(cc) $$($1-cflags) $$(dependencies) -S $$< -o $$@

$$($1-dir)/include/asm-offsets.h: $$($1-dir)/asm-offsets.s
	@mkdir -p $$(@D)
	$$(Q)sed -n 's/.*->\([A-Za-z0-9_]*\) \$$$$*\(-*[0-9a-fx]*\).*/#define \1 \2/p' $$< > $$@

-include $$($1-objs:.o=.d) $$($1-dir)/asm-offsets.d
endef

$(eval $(call hypervisor-image,enso,))
$(eval $(call hypervisor-image,enso-debug,-DENSO_DEBUG=1))
