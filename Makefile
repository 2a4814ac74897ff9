# SPDX-License-Identifier: GPL-2.0-or-later
#
# make              build kernel-guard (the packager's CFLAGS, LDFLAGS are respected)
# make check        all tests, under ASan and UBSan; installs what is missing
# make check-full   the slow proofs as well
# make demo         shows the main job on an embedded example
# make bench        ratios beside the peers
# make install      DESTDIR and PREFIX are respected
#
# SAN=address,undefined builds with sanitizers; every set of flags has a build
# directory of its own.

VERSION := 0.1.0

CC ?= cc
PREFIX ?= /usr
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
UNITDIR ?= $(PREFIX)/lib/systemd/system
CFLAGS ?= -O2 -g
SAN ?=
V ?=
BUILD ?= build/$(if $(SAN),san,plain)

LIBRARIES := libelf libkmod libarchive liblzma libzstd zlib json-c libcrypto inih mount
# Only asked when something is built, and once: setup installs pkg-config itself.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $$(shell pkg-config --cflags $(LIBRARIES)))$(PACKAGE_CFLAGS)
# bzip2 has no file of its own for pkg-config everywhere.
PACKAGE_LIBS = $(eval PACKAGE_LIBS := $$(shell pkg-config --libs $(LIBRARIES)) -lbz2)$(PACKAGE_LIBS)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
ALL_CFLAGS = -std=c17 $(WARNINGS) $(CFLAGS) $(if $(SAN),-fsanitize=$(SAN) \
	-fno-sanitize-recover=all -fno-omit-frame-pointer) \
	$(if $(FUZZER),-fsanitize=fuzzer-no-link)
ALL_CPPFLAGS = -D_GNU_SOURCE -DKG_VERSION='"$(VERSION)"' -Iinclude $(PACKAGE_CFLAGS) $(CPPFLAGS)
# gcc's sanitizers are sooner up when they are part of the program; clang's always are. Not every system has them.
SAN_STATIC = $(shell $(CC) --version | grep -q clang || test ! -e "$$($(CC) -print-file-name=libasan.a)" || \
	echo -static-libasan -static-libubsan)
ALL_LDFLAGS = $(if $(SAN),-fsanitize=$(SAN) $(SAN_STATIC)) $(LDFLAGS)

PARTS := core parse system report loader check boot act cli
SOURCES := $(foreach part,$(PARTS),$(wildcard src/$(part)/*.c src/$(part)/*/*.c))
MAIN := src/cli/main.c
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY_OBJECTS := $(filter-out $(BUILD)/$(MAIN:.c=.o),$(OBJECTS))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_PROGRAMS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/unit/%)

# V=1 shows the commands.
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-5s %s\n' $(1) $@)

.PHONY: all check check-full demo bench install clean unit-programs fuzz-programs FORCE
all: $(BUILD)/kernel-guard $(BUILD)/hook

$(BUILD)/kernel-guard: $(OBJECTS) $(BUILD)/flags
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(OBJECTS) $(PACKAGE_LIBS) $(LIBS)

# Static and without sanitizers: it has to start when no library does.
$(BUILD)/hook: src/launcher/hook.c $(BUILD)/flags
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) -DKG_PROGRAM='"$(BINDIR)/kernel-guard"' -std=c17 $(WARNINGS) \
		$(CFLAGS) $(LDFLAGS) -static -o $@ $<

$(BUILD)/libkernel-guard.a: $(LIBRARY_OBJECTS)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIBRARY_OBJECTS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Programs that tests in shell call.
TEST_TOOLS := $(BUILD)/tests/vm/judge $(BUILD)/tests/full/exports

unit-programs: $(UNIT_PROGRAMS) $(TEST_TOOLS) fuzz-programs

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libkernel-guard.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests/unit $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< \
		$(BUILD)/libkernel-guard.a $(PACKAGE_LIBS) $(LIBS) -lcmocka

$(TEST_TOOLS): %: %.o $(BUILD)/libkernel-guard.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(PACKAGE_LIBS) $(LIBS)

# FUZZER=-fsanitize=fuzzer makes fuzzers of them (clang), else they replay the files that they are given.
FUZZ_PARSERS := module load loader_rules config symvers bzimage vmlinux initramfs compressed pe program shell boot_entry index grub
FUZZ_DRIVERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(filter-out %/fuzz_parser.c,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_PROGRAMS := $(FUZZ_PARSERS:%=$(BUILD)/tests/fuzz/%) $(FUZZ_DRIVERS:%=$(BUILD)/tests/fuzz/%)
FUZZER ?=

fuzz-programs: $(FUZZ_PROGRAMS)

$(FUZZ_PARSERS:%=$(BUILD)/tests/fuzz/%): $(BUILD)/tests/fuzz/%: tests/fuzz/fuzz_parser.c
$(FUZZ_DRIVERS:%=$(BUILD)/tests/fuzz/%): $(BUILD)/tests/fuzz/%: tests/fuzz/fuzz_%.c
$(FUZZ_PROGRAMS): tests/fuzz/replay.c $(BUILD)/libkernel-guard.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests/unit -DKG_FUZZ_PARSER=parse_$(@F) $(ALL_CFLAGS) $(FUZZER) \
		$(ALL_LDFLAGS) -o $@ $(filter tests/fuzz/fuzz_%,$^) $(if $(FUZZER),,tests/fuzz/replay.c) \
		$(BUILD)/libkernel-guard.a $(PACKAGE_LIBS) $(LIBS) -lcmocka

# Rewritten only when a flag has changed, so that everything is built anew then.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)" >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

check:
	@tests/check

check-full:
	@tests/check --full

demo:
	@tests/demo

bench:
	@tests/bench

install: all
	install -Dm755 $(BUILD)/kernel-guard $(DESTDIR)$(BINDIR)/kernel-guard
	install -Dm755 $(BUILD)/hook $(DESTDIR)$(PREFIX)/lib/kernel-guard/hook
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/libalpm/hooks hooks/05-kernel-guard-pre.hook \
		hooks/zzz-kernel-guard-post.hook
	install -Dm755 hooks/mkinitcpio-post $(DESTDIR)$(PREFIX)/lib/initcpio/post/kernel-guard
	install -Dm644 -t $(DESTDIR)$(UNITDIR) hooks/kernel-guard-recover.service \
		hooks/kernel-guard-recover-late.service hooks/kernel-guard-booted.service \
		hooks/kernel-guard-booted.timer
	install -d $(DESTDIR)$(UNITDIR)/sysinit.target.wants $(DESTDIR)$(UNITDIR)/timers.target.wants
	ln -sf ../kernel-guard-recover.service ../kernel-guard-recover-late.service \
		$(DESTDIR)$(UNITDIR)/sysinit.target.wants/
	ln -sf ../kernel-guard-booted.timer $(DESTDIR)$(UNITDIR)/timers.target.wants/

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(UNIT_PROGRAMS:=.d) $(TEST_TOOLS:=.d)
