# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What options.sh and singly.sh share: which symbols belong to which option.  $dir is where the
# configuration was built.

# Option, and a symbol (or the name of a source file) that is there only with it.
launcher_symbols='DIR svc_open
DIR svc_mkdir
TTY svc_tty
POLL poller.c
STATS stats.c
LANDLOCK landlock.c
SHOW_CONFINEMENT show.c
DOCTOR doctor_device
DISK parse_disk
LISTEN svc_accept
APPLIANCE appliance_main
PACK tar_pack
SIGN password_read
SIGN crypto_sign_detached
LIBSECCOMP seccomp_init
SNAPSHOT snap_take_arm
SERVE pool_adjust
SERVE confine_serve
SERVE parse_bench
CONNECT svc_connect
RECORD replay_start
RECORD parse_record
TIMEOUT parse_timeout
GDB gdb_packet_get
GDB parse_gdb
CORE core_notes_write
CORE parse_core
TRACE record_next
TRACE parse_trace
PROFILE stacks_add
PROFILE runtime_offsets
TIMELINE timeline_draw'
runtime_symbols='TRAP rt_trap_sys_enter_trapped
VDSO vdso_image
HOSTFS host_dir_ops
ROOT exec_load
ARCHIVE tar_unpack
PATHS sys_rename
PROC proc_add_self
PIPE pipe_ops
NET sys_socket
NET tcp_ops
THREADS sys_clone
SIGNALS sys_rt_sigreturn
ITIMER sys_setitimer
POSIX_TIMERS sys_timer_create
EPOLL epoll_ops
TIMERFD timerfd_ops
SIGNALFD signalfd_ops
INOTIFY inotify_ops
PIDFD pidfd_ops
SYSV_SHM shm_ops
SERVE inetd_begin
RECORD record_leave
GDB debug_start
CORE debug_crash
TRACE sys_enter_traced'

# symbols CONFIGURATION ELF LIST: each symbol is there exactly when its option is set.
symbols() {
	nm -a "$2" | sed 's/.* //; s/\.\(isra\|part\|constprop\|cold\)\>.*//' | sort -u >"$scratch/symbols"
	wrong=
	while read -r option symbol; do
		if grep -q "^CONFIG_$option=y" "$dir/.config"; then
			grep -qx "$symbol" "$scratch/symbols" ||
				wrong="$wrong $symbol is missing with $option;"
		elif grep -qx "$symbol" "$scratch/symbols"; then
			wrong="$wrong $symbol is there without $option;"
		fi
	done <<EOF
$3
EOF
	if [ -z "$wrong" ]; then
		ok "config/$1-symbols-${2##*/}"
	else
		bad "config/$1-symbols-${2##*/}" "$wrong"
	fi
}

behaviour() {
	why=$(no_vm)
	if [ -n "$why" ]; then
		skip "config/$1-hello" "$why"
		return
	fi
	check "config/$1-hello" 0 "$dir/bin/mvm" run "$O/apps/hello.elf" &&
		says "config/$1-hello" '^Hello from an mvm microVM' && ok "config/$1-hello"
}
