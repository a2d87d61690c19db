# Parsers of text that others write or operators type: the network's, the shell's, the hypervisor's and the kit's.
fuzz-text-flags := -Idom0-tools -Itests/fuzz -Ihypercall-abi/include -idirafter guest-pv-kernel/include

fuzz-targets += http shell first_image kit_text
fuzz-http-srcs := tests/fuzz/fuzz_http.c dom0-tools/cli/http.c $(fuzz-kit-srcs) \
    $(addprefix dom0-tools/services/,address.c forwards.c)
fuzz-http-flags := $(fuzz-text-flags)
fuzz-http-seeds := tests/fuzz/seeds/http

fuzz-shell-srcs := tests/fuzz/fuzz_shell.c $(fuzz-kit-srcs) \
    $(addprefix dom0-tools/cli/,editor.c editor_view.c history.c tokenize.c)
fuzz-shell-flags := $(fuzz-text-flags)
fuzz-shell-seeds := tests/fuzz/seeds/shell
fuzz-shell-runs := 8000

fuzz-first_image-srcs := tests/fuzz/fuzz_first_image.c hypervisor/domain/first-image.c \
    hypervisor/boot/cmdline.c $(hyp-lib)
fuzz-first_image-flags := $(hyp-flags)

fuzz-kit_text-srcs := tests/fuzz/fuzz_kit_text.c $(fuzz-kit-srcs) \
    $(addprefix guest-pv-kernel/,vfs/cpio.c vfs/path.c start/cmdline.c xenbus/parse.c guests/webserver/request.c)
fuzz-kit_text-flags := $(fuzz-text-flags) -Iguest-pv-kernel
fuzz-kit_text-seeds := tests/fuzz/seeds/kit_text
