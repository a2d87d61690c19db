# sysroot.mk: the upstream sources (fetched by package name, never committed) and the libraries that are built
# from them for PV images: newlib, the decompressors that the domain builder uses, and file systems.
#
# Everything that compiles for PV images depends (order-only) on $(newlib), what links on $(sysroot).

newlib := build/sysroot/newlib.done
sysroot := $(newlib) $(foreach lib,z lzma zstd lz4 lwip ext2fs com_err,build/sysroot/lib/lib$(lib).a)

build/upstream/newlib.fetched:
	$(say) FETCH newlib
	$(Q)setup/apt.sh unpack newlib-source build/upstream/newlib
	$(Q)touch $@

build/upstream/%.fetched:
	$(say) FETCH $*
	$(Q)setup/apt.sh source $* build/upstream/$*
	$(Q)touch $@

$(newlib): build/upstream/newlib.fetched setup/newlib.sh build/flags/pv-code
	$(say) BUILD "newlib (about a minute)"
	$(Q)setup/newlib.sh build/upstream/newlib build/newlib build/sysroot "$(pv-code)"

# ---- libraries: LIB-package, LIB-root, LIB-flags, LIB-headers, LIB-srcs (without .c) ----

z-package := zlib
z-root := build/upstream/zlib
z-headers := zlib.h zconf.h
z-srcs := adler32 crc32 inffast inflate inftrees zutil

lzma-package := xz-utils
lzma-root := build/upstream/xz-utils/src/liblzma
lzma-headers := api/lzma.h api/lzma
lzma-flags := $(addprefix -I$(lzma-root)/,api common check lz lzma delta simple rangecoder ../common) \
    -DTUKLIB_SYMBOL_PREFIX=lzma_ -DTUKLIB_FAST_UNALIGNED_ACCESS=1 -DSIZEOF_SIZE_T=8 \
    -DHAVE_STDBOOL_H -DHAVE_STDINT_H -DHAVE_INTTYPES_H -DHAVE_LIMITS_H -DHAVE_STRING_H \
    -DHAVE_CHECK_CRC32 -DHAVE_CHECK_CRC64 -DHAVE_CHECK_SHA256 \
    -DHAVE_DECODERS -DHAVE_DECODER_LZMA1 -DHAVE_DECODER_LZMA2 -DHAVE_DECODER_X86 -DHAVE_DECODER_DELTA
lzma-srcs := $(addprefix check/,check crc32_fast crc32_table crc64_fast crc64_table sha256) \
    $(addprefix common/,alone_decoder auto_decoder block_decoder block_header_decoder block_util common \
        filter_common filter_decoder filter_flags_decoder index_hash stream_decoder stream_flags_common \
        stream_flags_decoder vli_decoder vli_size) \
    delta/delta_common delta/delta_decoder lz/lz_decoder lzma/lzma_decoder lzma/lzma2_decoder \
    simple/simple_coder simple/simple_decoder simple/x86

zstd-package := libzstd
zstd-root := build/upstream/libzstd/lib
zstd-headers := zstd.h zstd_errors.h
zstd-flags := -DZSTD_DISABLE_ASM=1 -DDYNAMIC_BMI2=0 -DZSTD_LEGACY_SUPPORT=0
zstd-srcs := $(addprefix common/,debug entropy_common error_private fse_decompress xxhash zstd_common) \
    $(addprefix decompress/,huf_decompress zstd_ddict zstd_decompress zstd_decompress_block)

lz4-package := lz4
lz4-root := build/upstream/lz4/lib
lz4-headers := lz4.h
lz4-srcs := lz4

# lwIP with the kit's port of it: options, threads, socket headers (guest-pv-kernel/lwip).
lwip-package := lwip
lwip-root := build/upstream/lwip/src
lwip-headers := include/lwip include/netif
lwip-flags := -I$(lwip-root)/include -Iguest-pv-kernel/lwip -Iguest-pv-kernel/include -Ihypercall-abi/include \
    -fno-strict-aliasing -DFD_SETSIZE=256
lwip-srcs := $(addprefix core/,altcp altcp_alloc altcp_tcp def dns inet_chksum init ip mem memp netif pbuf raw stats \
        sys tcp tcp_in tcp_out timeouts udp) \
    $(addprefix core/ipv4/,dhcp etharp icmp ip4 ip4_addr ip4_frag) \
    $(addprefix core/ipv6/,ethip6 icmp6 inet6 ip6 ip6_addr ip6_frag mld6 nd6) \
    $(addprefix api/,api_lib api_msg err if_api netbuf netdb netifapi sockets tcpip) netif/ethernet

# libext2fs with the code that replays journals, which e2fsprogs has in its programs.
ext2fs-package := e2fsprogs
ext2fs-root := build/upstream/e2fsprogs
ext2fs-headers := made/ext2fs
ext2fs-flags := -Iguest-pv-kernel/include $(addprefix -I$(ext2fs-root)/,made lib lib/ext2fs e2fsck debugfs) \
    -DHAVE_CONFIG_H -DDEBUGFS -w
ext2fs-srcs := $(addprefix lib/ext2fs/,alloc alloc_sb alloc_stats badblocks bb_inode bitmaps bitops blkmap64_ba \
        blkmap64_rb blknum block bmap check_desc closefs crc16 crc32c csum dblist dirblock dirhash dir_iterate \
        expanddir ext_attr extent fallocate fileio freefs gen_bitmap gen_bitmap64 get_num_dirs hashmap i_block \
        ind_block inline inline_data inode io_manager link lookup mkdir mkjournal mmp newdir nls_utf8 openfs \
        orphan punch rbtree read_bb rw_bitmaps sha512 symlink unlink valid_blk) \
    debugfs/journal e2fsck/recovery e2fsck/revoke lib/uuid/isnull made/ext2_err

com_err-package := e2fsprogs
com_err-root := build/upstream/e2fsprogs
com_err-headers := made/et
com_err-flags := $(ext2fs-flags)
com_err-srcs := $(addprefix lib/et/,com_err error_message et_name)

build/upstream/e2fsprogs.fetched: setup/e2fsprogs.sh
	$(say) FETCH e2fsprogs
	$(Q)setup/apt.sh source e2fsprogs build/upstream/e2fsprogs
	$(Q)setup/e2fsprogs.sh build/upstream/e2fsprogs
	$(Q)touch $@

# $(call upstream-library,LIB): rules for build/sysroot/lib/libLIB.a and its headers.
define upstream-library
$1-objs := $$($1-srcs:%=build/upstream-objs/$1/%.o)

$$($1-objs): build/upstream-objs/$1/%.o: build/upstream/$$($1-package).fetched \
        build/flags/pv-code | $$(newlib)
	@mkdir -p $$(@D)
	$$(Q)$$(cc) $$(pv-code) $$(pv-includes) -DNDEBUG $$($1-flags) -c $$($1-root)/$$*.c -o $$@

build/sysroot/lib/lib$1.a: $$($1-objs)
	$$(say) AR $$@
	$$(Q)cp -r $$(addprefix $$($1-root)/,$$($1-headers)) build/sysroot/include
	$$(Q)rm -f $$@
	$$(Q)$$(ar) rcs $$@ $$($1-objs)
endef

$(foreach lib,z lzma zstd lz4 lwip ext2fs com_err,$(eval $(call upstream-library,$(lib))))

$(lwip-objs): $(wildcard guest-pv-kernel/lwip/*.h guest-pv-kernel/lwip/arch/*.h)
