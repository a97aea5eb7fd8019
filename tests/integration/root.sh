#!/bin/sh
# SPDX-License-Identifier: MIT
# --root: a directory tree of the host as the guest's root, and dynamic programs from it.  What is
# built here uses the libraries of this machine; Debian's packages are dynamic.sh's.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip root "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# probe [ACTION PATH]...: a line for each of what the guest finds.
cat >probe.c <<'END'
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void list(const char *path)
{
	struct dirent **d;
	int n = scandir(path, &d, NULL, alphasort);

	for (int i = 0; i < n; i++)
		if (d[i]->d_name[0] != '.')
			printf(" %s", d[i]->d_name);
	printf(n < 0 ? " %s\n" : "\n", strerror(errno));
}

static void cat(const char *path)
{
	char line[256];
	FILE *f = fopen(path, "r");

	if (!f || !fgets(line, sizeof(line), f))
		snprintf(line, sizeof(line), "%s\n", f ? "(empty)" : strerror(errno));
	printf(" %s", line);
	if (f)
		fclose(f);
}

static int create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	return fd < 0 ? fd : write(fd, "made\n", 5) == 5 && !close(fd) ? 0 : -1;
}

static const char *kind(const char *path, int follow)
{
	struct stat st;

	if (follow ? stat(path, &st) : lstat(path, &st))
		return strerror(errno);
	return S_ISREG(st.st_mode) ? "file" : S_ISDIR(st.st_mode) ? "directory" :
	       S_ISCHR(st.st_mode) ? "device" : S_ISLNK(st.st_mode) ? "link" : "other";
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *what = argv[i], *path = argv[i + 1];
		char buf[4096];
		ssize_t n;
		int r = 0;

		printf("%s %s:", what, path);
		if (!strcmp(what, "ls")) {
			list(path);
		} else if (!strcmp(what, "cat")) {
			cat(path);
		} else if (!strcmp(what, "env")) {
			printf(" %s\n", getenv(path) ?: "(none)");
		} else if (!strcmp(what, "kind")) {
			printf(" %s\n", kind(path, 0));
		} else if (!strcmp(what, "stat")) {
			printf(" %s\n", kind(path, 1));
		} else if (!strcmp(what, "readlink")) {
			n = readlink(path, buf, sizeof(buf) - 1);
			buf[n < 0 ? 0 : n] = 0;
			printf(" %s\n", n < 0 ? strerror(errno) : buf);
		} else {
			r = !strcmp(what, "cd") ? chdir(path) : !strcmp(what, "mkdir") ? mkdir(path, 0700) :
			    !strcmp(what, "rmdir") ? rmdir(path) : !strcmp(what, "rm") ? unlink(path) :
			    !strcmp(what, "mv") ? rename(path, argv[++i + 1]) :
			    !strcmp(what, "ln") ? symlink(path, argv[++i + 1]) :
			    !strcmp(what, "make") ? create(path) : -2;
			printf(" %s", r == -2 ? "?" : r ? strerror(errno) : "ok");
			if (!strcmp(what, "cd"))
				printf(" %s", getcwd(buf, sizeof(buf)) ?: strerror(errno));
			printf("\n");
		}
	}
	return 0;
}
END
if ! "$O/bin/mvm-cc" -O2 -D_GNU_SOURCE -o probe probe.c 2>err; then
	bad root "mvm-cc does not compile the guest" err
	exit 0
fi

mkdir -p r/usr/bin r/etc r/dev r/data r/links
cp probe r/usr/bin/probe
ln -s usr/bin r/bin
echo tree >r/dev/null
echo tree >r/etc/hosts
ln -s /run/nothing r/etc/resolv.conf
ln -s /etc/hosts r/links/hosts
ln -s ../proc/self/exe r/links/exe
ln -s ../dev r/links/dev
ln -s ../data r/links/data
ln -s data r/links/again
ln -s none r/links/nothing
ln -s loop r/links/loop
ln -s ../../../../../../../../etc/shadow r/links/up
ln -s "$scratch/secret" r/links/out
echo secret >secret
mkdir work
echo granted >work/file

# sees NAME OPTIONS... -- ACTIONS: standard output is exactly the lines of the file `wanted`.
sees() {
	s_name=root/$1
	shift
	check "$s_name" 0 "$mvm" run "$@" </dev/null || return
	if diff wanted out >differ; then
		ok "$s_name"
	else
		bad "$s_name" "the guest does not see what it should (< wanted, > seen)" differ err
	fi
}

# ---- The environment ---------------------------------------------------------------------------------

cat >wanted <<'END'
env PATH: /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
env HOME: /root
END
sees environment --root r:ro probe env PATH env HOME
cat >wanted <<'END'
env PATH: /bin
env HOME:
END
sed -i 's/HOME:$/& /' wanted
sees environment-set --root r:ro --env PATH=/bin --env HOME= probe env PATH env HOME

# ---- What shows -------------------------------------------------------------------------------------

cat >wanted <<'END'
cat /etc/hosts: tree
cat /etc/passwd: root:x:0:0:root:/root:/bin/sh
cat /etc/resolv.conf: (empty)
kind /dev/null: device
kind /dev: directory
readlink /proc/self/exe: /usr/bin/probe
kind /sys/devices: directory
ls /: bin data dev etc links usr
ls /tmp:
make /tmp/x: ok
ls /tmp: x
make /dev/shm/x: ok
make /run/x: ok
make /var/tmp/x: ok
END
sees shows --root r:ro probe cat /etc/hosts cat /etc/passwd cat /etc/resolv.conf kind /dev/null \
	kind /dev readlink /proc/self/exe kind /sys/devices ls / ls /tmp make /tmp/x ls /tmp \
	make /dev/shm/x make /run/x make /var/tmp/x

cat >wanted <<'END'
cat /links/hosts: tree
kind /links/exe: link
readlink /links/exe: ../proc/self/exe
cat /links/dev/null: (empty)
cat /links/up: No such file or directory
cat /links/out: No such file or directory
cat /../../../../etc/shadow: No such file or directory
kind /bin/probe: file
stat /links/hosts: file
stat /links/again: directory
stat /links/nothing: No such file or directory
stat /links/loop: Symbolic link loop
cat /links/loop: Symbolic link loop
cat /links/nothing: No such file or directory
cat /links/hosts/x: Not a directory
ls /links/again: probe
ls /links/hosts: Not a directory
END
cp probe r/data/
sees links --root r:ro probe cat /links/hosts kind /links/exe readlink /links/exe \
	cat /links/dev/null cat /links/up cat /links/out cat /../../../../etc/shadow kind /bin/probe \
	stat /links/hosts stat /links/again stat /links/nothing stat /links/loop cat /links/loop \
	cat /links/nothing cat /links/hosts/x ls /links/again ls /links/hosts
rm r/data/probe

cat >wanted <<'END'
cd ..: ok /
cd /bin: ok /usr/bin
cd ..: ok /usr
cd /tmp: ok /tmp
cd ../data: ok /data
cd /links/dev: ok /dev
cd ..: ok /
cd dev/shm/../../usr: ok /usr
cd /var/tmp: ok /var/tmp
END
sees cwd --root r:ro probe cd .. cd /bin cd .. cd /tmp cd ../data cd /links/dev cd .. \
	cd dev/shm/../../usr cd /var/tmp

# ---- What can be changed ----------------------------------------------------------------------------

cat >wanted <<'END'
make /new: Read-only file system
mkdir /usr: File exists
mkdir /tmp: File exists
mkdir /no/no: No such file or directory
make /etc/hosts: File exists
rm /etc/hosts: Read-only file system
rmdir /dev: Resource busy
rm /etc/group: Resource busy
mv /tmp: Resource busy
mv /tmp/x: Cross-device link
END
sees read-only --root r:ro probe make /new mkdir /usr mkdir /tmp mkdir /no/no make /etc/hosts \
	rm /etc/hosts rmdir /dev rm /etc/group mv /tmp /tmp2 mv /tmp/x /data/x
if [ "$(ls r r/dev | tr '\n' ' ')" = "r: bin data dev etc links usr  r/dev: null " ]; then
	ok root/read-only-host
else
	bad root/read-only-host "the tree was changed"
fi

mkdir r/tmp
cat >wanted <<'END'
make /data/new: ok
mv /data/new: ok
mkdir /data/sub: ok
ln /usr: ok
cat /data/sub/link/../etc/hosts: tree
make /tmp/here: ok
mv /tmp/here: ok
make /dev/memory: ok
mv /dev/memory: Cross-device link
rm /etc/hosts: ok
cat /etc/hosts: No such file or directory
END
sees writable --root r probe make /data/new mv /data/new /data/newer mkdir /data/sub \
	ln /usr /data/sub/link cat /data/sub/link/../etc/hosts make /tmp/here \
	mv /tmp/here /tmp/there make /dev/memory mv /dev/memory /data/memory rm /etc/hosts \
	cat /etc/hosts
if [ "$(cat r/data/newer r/tmp/there)" = "$(printf 'made\nmade')" ] && [ ! -e r/etc/hosts ] &&
	[ ! -e r/dev/memory ] && [ "$(readlink r/data/sub/link)" = /usr ]; then
	ok root/writable-host
else
	bad root/writable-host "the tree is not as the guest left it"
fi
rm -r r/tmp r/data/*

# A directory that becomes a link is a link from then on.
cat >wanted <<'END'
mkdir /data/a: ok
make /data/a/x: ok
kind /data/a/x: file
mv /data/a: ok
ln /usr/bin: ok
kind /data/a/probe: file
kind /data/a/x: No such file or directory
END
sees renamed --root r probe mkdir /data/a make /data/a/x kind /data/a/x mv /data/a /data/b \
	ln /usr/bin /data/a kind /data/a/probe kind /data/a/x
rm -r r/data/*

# ---- Other grants in it -----------------------------------------------------------------------------

cat >wanted <<'END'
cat /work/file: granted
cd /work: ok /work
cd ..: ok /
cat /tmp/deep/file: granted
cd /tmp/deep: ok /tmp/deep
cd ..: ok /tmp
rmdir /work: Resource busy
make /work/new: Read-only file system
END
sees grants --root r --dir work:/work:ro --dir work:/tmp/deep:ro probe cat /work/file cd /work \
	cd .. cat /tmp/deep/file cd /tmp/deep cd .. rmdir /work make /work/new
cp probe work/own
cat >wanted <<'END'
readlink /proc/self/exe: /work/own
cat /etc/passwd: root:x:0:0:root:/root:/bin/sh
END
sees program-from-dir --dir work:/work --root r:ro --cwd /work ./own readlink /proc/self/exe \
	cat /etc/passwd

# ---- Scripts ----------------------------------------------------------------------------------------

printf '#!/bin/probe readlink\n' >r/data/script
chmod +x r/data/script
cat >wanted <<'END'
readlink /data/script: Invalid argument
readlink /proc/self/exe: /usr/bin/probe
cat /proc/self/comm: script
END
sees script --root r:ro /data/script readlink /proc/self/exe cat /proc/self/comm
rm r/data/script

# ---- Dynamic programs -------------------------------------------------------------------------------

cat >lib.c <<'END'
#include <stdio.h>
int counter = 40;
int bump(void) { return ++counter; }
__attribute__((constructor)) static void hello(void) { puts("library"); }
END
cat >main.c <<'END'
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern int counter;
int bump(void);
static __thread int local = 7;
static void bye(void) { puts("atexit"); }
int main(int argc, char **argv)
{
	void *self = dlopen(NULL, RTLD_NOW), *m = dlopen("libm.so.6", RTLD_NOW);
	double (*cosine)(double) = m ? (double (*)(double))dlsym(m, "cos") : NULL;

	atexit(bye);
	printf("%d %d %d\n", bump(), counter, ++local);
	printf("%d %s\n", argc, argv[argc - 1]);
	printf("%d %.3f\n", self != NULL, cosine ? cosine(0) : -1);
	printf("%d\n", dlopen("libnone.so", RTLD_NOW) == NULL && strstr(dlerror(), "libnone.so"));
	return 3;
}
END
# dynamic NAME [CC FLAGS...]: the same in the VM as natively.
dynamic() {
	d_name=root/dynamic-$1
	shift
	if ! "$@" -o r/usr/bin/main main.c -Lr/usr/lib -lown -Wl,-rpath,'$ORIGIN/../lib' 2>err; then
		skip "$d_name" "$1 cannot link it"
		return
	fi
	r/usr/bin/main a b >native
	check "$d_name" 3 "$mvm" run --root r:ro main a b || return
	if diff native out >differ; then
		ok "$d_name"
	else
		bad "$d_name" "output differs (< native, > VM)" differ err
	fi
}
libc=$(gcc -print-file-name=libc.so.6)
case $libc in
/*)
	mkdir -p r/usr/lib r/lib64
	linker=$(readlink -f "$(gcc -print-file-name=ld-linux-x86-64.so.2)")
	cp "$linker" r/usr/lib/ld.so
	ln -s /usr/lib/ld.so r/lib64/ld-linux-x86-64.so.2
	ln -s usr/lib r/lib
	cp "$(readlink -f "$libc")" r/usr/lib/libc.so.6
	cp "$(readlink -f "$(gcc -print-file-name=libm.so.6)")" r/usr/lib/libm.so.6
	gcc -shared -fPIC -O2 -o r/usr/lib/libown.so lib.c
	dynamic pie gcc -O2
	dynamic fixed gcc -O2 -no-pie
	dynamic now gcc -O2 -Wl,-z,now,-z,relro
	check root/linker-itself 3 "$mvm" run --root r:ro /lib64/ld-linux-x86-64.so.2 /bin/main x &&
		says root/linker-itself '^atexit$' && ok root/linker-itself
	;;
*) skip root/dynamic "gcc has no shared libc" ;;
esac

# ---- What is said ------------------------------------------------------------------------------------

# refuses NAME STATUS ERE COMMAND...
refuses() {
	check "root/$1" "$2" "$mvm" run $4 && one_line "root/$1" "$3" && ok "root/$1"
}
refuses no-dir 125 '--root none: cannot open none: No such file or directory; name a directory' \
	'--root none probe'
refuses a-file 125 'the file is not a tar archive; name a directory tree or' '--root probe probe'
refuses a-device 125 '--root /dev/null: is neither a directory nor a file; ' '--root /dev/null probe'
refuses no-program 127 'nope: no such program in the root \(searched: /usr/local/sbin:.*; ' \
	'--root r nope'
refuses no-program-path 127 '/usr/bin/nope: cannot open the program in the root: No such file' \
	'--root r /usr/bin/nope'
refuses outside 127 'cannot open the program in the root: No such file' '--root r ../secret'
refuses a-directory 126 '/usr/bin: cannot open the program in the root: Is a directory; ' '--root r /usr/bin'
refuses twice 125 "the guest's root is r already; give --root once" '--root r --root r probe'
if [ -e r/usr/bin/main ]; then
	rm r/usr/lib/ld.so
	refuses no-linker 126 'main: its dynamic linker /lib64/ld-linux-x86-64.so.2 cannot be opened in the root: No such file' \
		'--root r main'
	echo nonsense >r/usr/lib/ld.so
	refuses bad-linker 126 '/lib64/ld-linux-x86-64.so.2: is not an ELF file' '--root r main'
	refuses no-root 126 'main: is dynamically linked; give it a root with its libraries \(--root DIR\), or' \
		'r/usr/bin/main'
fi
printf '#!/bin/nothing\n' >r/usr/bin/orphan
chmod +x r/usr/bin/orphan
refuses no-interpreter 126 '/usr/bin/orphan: its interpreter /bin/nothing cannot be opened' \
	'--root r orphan'
printf '#!/usr/bin/loop\n' >r/usr/bin/loop
printf '#!  \n' >r/usr/bin/blank
chmod +x r/usr/bin/loop r/usr/bin/blank
refuses script-loop 126 'loop: is run by more than 5 scripts, one after another; ' '--root r loop'
refuses blank-script 126 'blank: is a script whose first line names no interpreter; ' '--root r blank'
echo text >r/usr/bin/text
chmod +x r/usr/bin/text
refuses no-elf 126 'text: is not an ELF file; name an x86-64 ELF program or a script' '--root r text'
head -c 100 r/usr/bin/probe >r/usr/bin/short
chmod +x r/usr/bin/short
refuses short-elf 126 'short: is truncated: its program headers cannot be read' '--root r short'
check root/confinement 0 "$mvm" run --show-confinement --root r:ro probe &&
	says root/confinement 'openat2' && ok root/confinement
exit 0
