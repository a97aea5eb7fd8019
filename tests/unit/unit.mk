# SPDX-License-Identifier: MIT
# The unit tests, each with the sources it is linked with:
#   unit-y += test_x
#   unit-src-test_x := launcher/x.c        what is tested, and what that needs
#   unit-cflags-test_x, unit-ldflags-test_x    optional

unit-y += test_value test_options
unit-src-test_value := launcher/value.c
unit-src-test_options := $(addprefix launcher/options/,options.c debug.c observe.c grant.c net.c serve.c snap.c \
			 record.c pack.c) $(addprefix launcher/,cmdline.c command.c output.c net/netvalue.c \
			 value.c msg.c)
unit-y += test_arena
unit-src-test_arena := launcher/arena.c
unit-cflags-test_arena := -fno-builtin $(foreach f,malloc calloc realloc free,-D$(f)=arena_$(f))
unit-y += test_net_value
unit-src-test_net_value := launcher/net/netvalue.c launcher/value.c
unit-y += test_grants
unit-src-test_grants := $(addprefix launcher/,grants.c descriptor.c output.c value.c service/handle.c msg.c) \
			$(addprefix launcher/net/,grant.c grantunix.c mounts.c unixto.c inherited.c listener.c addr.c netvalue.c)
unit-y += test_descriptor
unit-src-test_descriptor := launcher/descriptor.c
unit-y += test_serve
unit-src-test_serve := $(addprefix launcher/serve/,hist.c record.c metrics.c)
unit-y += test_pool
unit-src-test_pool := $(addprefix launcher/serve/,pool.c hist.c record.c) launcher/msg.c
unit-ldflags-test_pool := -Wl,--wrap=clock_gettime -Wl,--wrap=kill
unit-y += test_stats test_crash
unit-src-test_stats := launcher/stats.c launcher/json.c launcher/signame.c launcher/sysname.c launcher/msg.c
unit-src-test_crash := launcher/crash.c launcher/signame.c launcher/msg.c
$(O)/tests/unit/test_stats.plain $(O)/tests/unit/test_stats.asan: $(O)/include/generated/syscall-names.h

# --trace: what it makes of records, which are a guest's and may say anything.
trace-src	:= $(addprefix launcher/observe/,record.c line.c text.c calls.c args.c flags.c structs.c \
		   requests.c filter.c) $(addprefix launcher/,service/gate.c msg.c output.c signame.c sysname.c \
		   value.c)
unit-y += test_trace test_profile
unit-src-test_trace := $(trace-src)
unit-src-test_profile := $(addprefix launcher/,observe/symbols.c observe/stacks.c output.c sysname.c value.c msg.c)
$(O)/tests/unit/test_profile.plain $(O)/tests/unit/test_profile.asan: $(O)/include/generated/syscall-names.h \
	$(O)/include/generated/runtime-symbols.h
$(O)/tests/unit/test_trace.plain $(O)/tests/unit/test_trace.asan: $(O)/include/generated/syscall-names.h \
	$(O)/include/generated/errno-names.h

# mm/: against a fake machine; its linear map must lie where AddressSanitizer has nothing.
mm-src			:= tests/unit/mm_fake.c $(addprefix runtime/mm/,init.c frames.c heap.c pt.c vma.c \
			   block.c block_hist.c block_follow.c block_fill.c block_sync.c shared.c twin.c space.c \
			   execmem.c mmap.c brk.c mremap.c madvise.c fault.c uaccess.c \
			   uaccess_asm.S)
mm-cflags		:= -include tests/unit/mm_host.h
unit-y			+= test_mm_model test_mm_parts
unit-src-test_mm_model	:= $(mm-src)
unit-src-test_mm_parts	:= $(mm-src)
unit-cflags-test_mm_model := $(mm-cflags)
unit-cflags-test_mm_parts := $(mm-cflags)

# The hypercall service, by family.  All are linked with all of it: the ring names every request.
service-src	:= $(addprefix launcher/service/,handle.c gate.c ring.c path.c vm.c wait.c watch.c io.c close.c \
		   file.c stat.c dir.c name.c attr.c tty.c accept.c connect.c socket.c dgram.c sendfile.c \
		   sockopt.c) \
		   $(addprefix launcher/,tick.c signals.c kvm.c value.c msg.c) \
		   $(addprefix launcher/net/,sockopt.c addr.c netvalue.c unixto.c) \
		   tests/unit/service_fixture.c
service-tests	:= test_ring test_svc_vm test_svc_io test_svc_dir test_svc_name test_svc_net
unit-y += test_handle test_gate $(service-tests)
unit-src-test_handle := launcher/service/handle.c
unit-src-test_gate := launcher/service/gate.c
$(foreach t,$(service-tests),$(eval unit-src-$(t) := $(service-src)))
unit-ldflags-test_ring := -lpthread
unit-ldflags-test_svc_dir := -Wl,--wrap=syscall
unit-ldflags-test_svc_name := -lpthread -Wl,--wrap=syscall

# fs/: the tree and its calls, with the rest of the runtime and the host played by fs_fake.c.
fs-src		:= tests/unit/fs_fake.c runtime/lib/printf.c runtime/net/resolv.c \
		   runtime/sched/waitq.c runtime/sched/hostfd.c runtime/sched/noready.c \
		   $(addprefix runtime/fs/,init.c tree.c lower.c io.c pagemap.c node.c ramfs.c \
		   ramdir.c ramfile.c walk.c at.c open.c names.c rename.c stat.c setattr.c cwd.c fdtable.c file.c rw.c size.c copy.c dirent.c fcntl.c lock.c \
		   poll.c select.c eventfd.c stream.c inetd.c tty.c dev.c disk.c proc.c procself.c \
		   procfd.c proctask.c procsys.c cpuinfo.c mountinfo.c maps.c hostreq.c hostfile.c \
		   hostfs.c hostdir.c hostmove.c walkhost.c cover.c tar.c archive.c pipe.c epitem.c epoll.c \
		   notify.c inotify.c)
# linux/stat.h keeps its S_IF* from programs of glibc, which the runtime is not.
fs-cflags	:= -D__KERNEL__ -include tests/unit/fs_service.h
fs-tests	:= test_fs_model test_fs_grant
unit-y += $(fs-tests)
$(foreach t,$(fs-tests),$(eval unit-src-$(t) := $(fs-src) tests/unit/fs_model.c tests/unit/fs_model_tree.c \
	tests/unit/fs_service.c $(filter launcher/%,$(service-src))))
$(foreach t,$(fs-tests),$(eval unit-cflags-$(t) := $(fs-cflags)))
unit-y += test_fs_calls
unit-src-test_fs_calls := $(fs-src)
unit-cflags-test_fs_calls := $(fs-cflags)

# lib/ and sys/ of the runtime.
unit-y += test_rt_string test_rt_printf test_rt_random test_rt_clock
unit-src-test_rt_string :=
unit-src-test_rt_printf := runtime/lib/printf.c
unit-src-test_rt_random := runtime/sys/chacha.c runtime/sys/random.c
unit-src-test_rt_clock := runtime/sys/clockadj.c
unit-y += test_rt_ktimer
unit-src-test_rt_ktimer := runtime/sched/ktimer.c
unit-y += test_rt_signal test_rt_calls
unit-src-test_rt_signal := runtime/sys/sigframe.c runtime/sched/fpu.c tests/unit/sig_layout.c

# The loader.
unit-y += test_elf64 test_load
unit-src-test_elf64 := launcher/elf64.c
unit-src-test_load := $(addprefix launcher/,elf64.c load.c embed.c place.c pagetable.c tables.c boot.c \
		      service/handle.c msg.c)

# The confinement: the compiled filter against the rules.
unit-y += test_confine
unit-src-test_confine := $(addprefix launcher/confine/,confine.c rules.c debug.c net.c filter.c tree.c root.c trap.c \
			 landlock.c) $(addprefix launcher/,kvm.c serve/confine_serve.c net/sockopt.c net/unixto.c descriptor.c \
			 service/handle.c service/path.c service/gate.c msg.c sysname.c)
unit-ldflags-test_confine := -lseccomp
$(O)/tests/unit/test_confine.plain $(O)/tests/unit/test_confine.asan: \
	$(O)/include/generated/syscall-names.h
unit-y += test_record
unit-src-test_record := launcher/record/stream.c
unit-y += test_record_ram
unit-src-test_record_ram := $(addprefix launcher/,record/ram.c record/stream.c snapshot/pagemap.c descriptor.c msg.c)

unit-$(CONFIG_SNAPSHOT) += test_snap
unit-src-test_snap := $(addprefix launcher/snapshot/,open.c fit.c sum.c) \
		      $(addprefix launcher/service/,handle.c path.c dir.c stat.c gate.c) launcher/cpu.c launcher/msg.c
unit-$(CONFIG_SNAPSHOT) += test_vcpu_state
unit-src-test_vcpu_state := $(addprefix launcher/,snapshot/state.c kvm.c cpu.c)

# What looks into a guest from outside.
unit-y += test_guest
unit-src-test_guest := $(addprefix launcher/,guest_mem.c guest_info.c program_path.c core/maps.c service/gate.c)
# Appliances.  The options are those of the command line.
unit-y += test_pack
unit-src-test_pack := $(addprefix launcher/pack/,sha256.c format.c conf.c settings.c) $(unit-src-test_options)
