#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line: help, version, and for each bad input one line that says what, which argument,
# why and what to do, with the exit status of mvm-run(1).  No VM is started.
. "$(dirname "$0")/../lib.sh"

cd "$scratch" || exit 1
mkdir dir
echo 12345 >file
: >empty
truncate -s 1M disk.img
mkfifo fifo
printf '#!/bin/sh\n' >script
cp "$mvm" program.elf			# static, so good enough to get as far as the grants

# refuse NAME STATUS ERE ARGUMENTS...
refuse() {
	r_name=cmdline/$1
	r_status=$2
	r_says=$3
	shift 3
	check "$r_name" "$r_status" "$mvm" "$@" </dev/null && one_line "$r_name" "$r_says" &&
		ok "$r_name"
}

# ---- Help and version ---------------------------------------------------------------------------

for words in --help -h help; do
	check "cmdline/$words" 0 "$mvm" $words && says "cmdline/$words" '^  mvm run \[OPTIONS\].* PROGRAM' &&
		ok "cmdline/$words"
done
for words in 'run --help' 'run -h' 'help run'; do
	check "cmdline/$words" 0 "$mvm" $words && says "cmdline/$words" ' --mem SIZE' &&
		ok "cmdline/$words"
done
check cmdline/version 0 "$mvm" --version && says cmdline/version '^mvm [0-9]+\.[0-9]+\.[0-9]+$' &&
	ok cmdline/version
check cmdline/help-of-command 0 "$mvm" --help serve && says cmdline/help-of-command ' --pool N' &&
	ok cmdline/help-of-command
check cmdline/help-to-full 125 sh -c '"$0" --help >/dev/full' "$mvm" &&
	one_line cmdline/help-to-full 'standard output: cannot be written; ' && ok cmdline/help-to-full

# ---- Words --------------------------------------------------------------------------------------

refuse nothing 125 'no command given; use mvm run PROGRAM'
refuse no-command 125 'app.elf: unknown command; .*use mvm run app.elf' app.elf
refuse mistyped-command 125 'did you mean mvm run\?' rnu x
refuse no-program 125 'the program is missing; ' run
refuse empty-program 125 "the program's name is empty; " run ''
refuse unknown-option 125 '--frobnicate: unknown option; mvm help run lists' run --frobnicate x
refuse mistyped-option 125 '--dri: unknown option; did you mean --dir\?' run --dri . x
refuse no-value 125 '--mem: the value is missing; .*--mem 64M' run --mem
refuse surplus-value 125 'takes no value; write --allow-wx' run --allow-wx=1 x
refuse control-characters 125 '--mem \?\?\?: is not a size' run --mem "$(printf '\033\n\001')" x
refuse version-operand 125 "--version: it takes no 'x'; use mvm --version" --version x
refuse help-operand 125 "help: it takes no 'x'; use mvm help run" help run x
refuse help-unknown 125 'nope: unknown command' --help nope
refuse trace-time-alone 125 '--trace-time: nothing is traced .*use it with --trace' run --trace-time none x
refuse profile-rate-alone 125 '--profile-rate: nothing is sampled .*--profile FILE' run --profile-rate 9 x
refuse doctor-operand 125 "doctor: it takes no 'x'; " doctor x

# ---- Values -------------------------------------------------------------------------------------

refuse mem-zero 125 '--mem 0: is less than 8M' run --mem 0 x
refuse mem-negative 125 '--mem -5M: is not a size' run --mem -5M x
refuse mem-unit 125 '--mem 64MB: is not a size' run --mem 64MB x
refuse mem-overflow 125 'is too large' run --mem 99999999999999999999G x
refuse mem-huge 125 'is more than 1024G' run --mem 2T x
refuse stack 125 'do not fit' run --mem 8M --stack 1G x
refuse timeout-zero 125 '--timeout 0: is no time at all' run --timeout 0 x
refuse timeout-word 125 '--timeout soon: is not a duration' run --timeout soon x
refuse poll 125 '--poll maybe: is none of auto, always and never' run --poll maybe x
refuse huge 125 '--huge maybe: is none of auto, always and never' run --huge maybe x
refuse device-relative 125 'neither auto nor an absolute path' run --device kvm x
refuse empty-command 125 "'': is no command; use mvm run PROGRAM" ''
for option in mem stack timeout dir listen connect; do
	refuse empty-$option 125 "--$option '': " run --$option '' x
done
refuse cwd 125 '--cwd tmp: is not absolute' run --cwd tmp x
refuse hostname 125 '--hostname a_b: has other characters' run --hostname a_b x
refuse env-unset 125 'MVM_UNSET is not set here; ' run --env MVM_UNSET x
refuse env-empty 125 'names no variable' run --env =x x

# ---- The program --------------------------------------------------------------------------------

refuse missing-program 127 '\./nope: cannot open the program: No such file or directory; ' run ./nope
refuse missing-with-trace 127 'trace.txt: cannot open the program: .*--trace=FILE' run --trace trace.txt program.elf
refuse below-a-file 127 'file/x: cannot open the program: Not a directory; ' run file/x
refuse directory 126 'dir: cannot run it: it is a directory; ' run dir
refuse fifo 126 'fifo: cannot run it: it is not a regular file; ' run fifo
refuse device-as-program 126 '/dev/zero: cannot run it: it is not a regular file; ' run /dev/zero
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 file
	refuse unreadable 126 'file: cannot open the program: Permission denied; ' run file
	chmod 600 file
else
	skip cmdline/unreadable "root may read every file"
fi

# ---- The device ---------------------------------------------------------------------------------

refuse device-missing 125 '--device /dev/nope: there is no such device; ' \
	run --device /dev/nope program.elf
refuse device-other 125 '--device /dev/null: not a KVM device' run --device /dev/null program.elf
# In the lab setpriv is busybox's, which cannot do this.
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
if [ -e /dev/kvm ] && $nobody true 2>/dev/null && ! $nobody test -r /dev/kvm; then
	chmod 755 "$scratch"
	cp "$mvm" mvm-copy
	chmod 755 mvm-copy program.elf
	check cmdline/device-permission 125 $nobody \
		./mvm-copy run program.elf &&
		one_line cmdline/device-permission '--device /dev/kvm: Permission denied; ' &&
		ok cmdline/device-permission
else
	skip cmdline/device-permission "needs root, setpriv and a /dev/kvm that others may not open"
fi

# ---- Grants -------------------------------------------------------------------------------------

# The device is opened first: where there is none, that is told.
reason=$(no_vm)
if [ -n "$reason" ]; then
	skip cmdline/grants "$reason"
	exit 0
fi

refuse dir-missing 125 '--dir ./nope:/d: cannot open ./nope: No such file or directory; name' \
	run --dir ./nope:/d program.elf
refuse dir-file 125 '--dir file:/d: cannot open file: Not a directory; ' \
	run --dir file:/d program.elf
refuse dir-no-guest 125 '--dir dir: does not say where in the guest; ' run --dir dir program.elf
refuse dir-relative 125 'the place in the guest is not absolute; ' run --dir dir:d program.elf
refuse dir-dotdot 125 "the place in the guest contains '..'; " run --dir dir:/a/../b program.elf
refuse dir-root 125 "the guest's root is its own; " run --dir dir:/ program.elf
refuse dir-dev 125 "/dev belongs to the guest's runtime; " run --dir dir:/dev/x program.elf
refuse dir-twice 125 'shows dir already; ' run --dir dir:/d --dir .:/d/ program.elf
refuse disk-missing 125 '--disk nope: cannot open it: No such file or directory; ' \
	run --disk nope program.elf
refuse disk-empty 125 '--disk empty: it has no size; ' run --disk empty program.elf
refuse disk-directory 125 '--disk dir: cannot open it: Is a directory; ' run --disk dir program.elf
refuse disk-name 125 'has a /dev/null already; ' run --disk disk.img:null program.elf
refuse disk-twice 125 'in use by another program' run --disk disk.img --disk disk.img:b program.elf
refuse stats-missing-dir 125 '--stats nope/s: cannot write it: No such file or directory; ' \
	run --stats nope/s program.elf
refuse stats-closed 125 '--stats fd:9: descriptor 9 is not open; ' run --stats fd:9 program.elf
check cmdline/stats-read-only 125 "$mvm" run --stats fd:7 program.elf 7<file &&
	one_line cmdline/stats-read-only 'descriptor 7 is open for reading only; ' &&
	ok cmdline/stats-read-only

# A file of before is lost only when something is written in its place.
outputs='--record k1 --stats k2 --trace=k3 --profile k4 --timeline k5'
for f in k1 k2 k3 k4 k5; do echo kept >$f; done
# shellcheck disable=SC2086 # words
check cmdline/outputs-kept 126 "$mvm" run $outputs script &&
	if cat k1 k3 k4 k5 | tr -d '\n' | grep -qx keptkeptkeptkept && grep -q '"exit_status": 126' k2; then
		ok cmdline/outputs-kept
	else
		bad cmdline/outputs-kept "a program that cannot be run costs files" k1 k2 k3 k4 k5
	fi
rm k1 k2 k3 k4 k5
# shellcheck disable=SC2086
check cmdline/outputs-not-made 0 "$mvm" run --show-confinement $outputs program.elf &&
	if ls k? >left 2>/dev/null; then
		bad cmdline/outputs-not-made "--show-confinement makes files" left
	else
		ok cmdline/outputs-not-made
	fi
cp program.elf own.elf
refuse output-is-program 125 'own.elf: this file is also --trace; give each a file' \
	run --trace=own.elf own.elf
refuse recording-is-program 125 '--record own.elf: this file is also the program; ' \
	run --record own.elf own.elf
cmp -s program.elf own.elf && ok cmdline/program-kept || bad cmdline/program-kept "it was written to"
refuse outputs-same 125 '--trace ./both: this file is also --stats; ' run --trace=./both --stats both program.elf

check cmdline/few-descriptors 125 sh -c 'ulimit -n 60; exec "$0" run program.elf' "$mvm" &&
	one_line cmdline/few-descriptors 'the limit of 60 is too low; raise it' &&
	ok cmdline/few-descriptors

# A disk that another VM writes: the lock is held by flock(1) here, by the same call.
if command -v flock >/dev/null; then
	flock disk.img "$mvm" run --disk disk.img program.elf 2>err
	status=$?
	cp err "$scratch/err" 2>/dev/null
	if [ $status -ne 125 ]; then
		bad cmdline/disk-locked "exit status $status" err
	elif one_line cmdline/disk-locked 'in use by another program, perhaps another VM; '; then
		ok cmdline/disk-locked
	fi
else
	skip cmdline/disk-locked "no flock(1) here"
fi
