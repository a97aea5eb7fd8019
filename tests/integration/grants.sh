#!/bin/sh
# SPDX-License-Identifier: MIT
# Grants as a guest sees them: directories, disks, variables, names; and that nothing else is there.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip grants "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# probe WORD...: a line for each word about what the guest finds.
cat >probe.c <<'END'
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/fs.h>

static void say(const char *what, long r)
{
	printf("%s: %s\n", what, r < 0 ? strerror(errno) : "ok");
}

static void list(const char *path)
{
	struct dirent **d;
	int n = scandir(path, &d, NULL, alphasort);

	for (int i = 0; i < n; i++)
		if (d[i]->d_name[0] != '.')
			printf("%s ", d[i]->d_name);
	puts(n < 0 ? strerror(errno) : "end");
}

static void disk(const char *path)
{
	char buf[16] = "";
	struct stat st;
	int fd = open(path, O_RDWR);

	say("open rw", fd);
	if (fd < 0)
		fd = open(path, O_RDONLY);
	say("open", fd);
	if (fd < 0)
		return;
	fstat(fd, &st);
	printf("block device: %d, size %ld\n", S_ISBLK(st.st_mode), (long)lseek(fd, 0, SEEK_END));
	say("pread", pread(fd, buf, 5, 0));
	printf("%s\n", buf);
	say("pwrite", pwrite(fd, "GUEST", 5, 4096));
	printf("read at the end: %zd\n", pread(fd, buf, 5, 1 << 20));
	say("write at the end", pwrite(fd, "x", 1, 1 << 20));
	printf("write over the end: %zd\n", pwrite(fd, "xy", 2, (1 << 20) - 1));
	say("truncate", ftruncate(fd, 5));
	say("fsync", fsync(fd));
}

int main(int argc, char **argv)
{
	struct utsname u;
	char cwd[100];

	for (int i = 1; i < argc; i++) {
		char *w = argv[i];

		if (!strncmp(w, "env", 3))
			for (char **e = environ; *e; e++)
				puts(*e);
		else if (!strcmp(w, "names"))
			printf("%s %s\n", uname(&u) ? "?" : u.nodename, getcwd(cwd, sizeof(cwd)));
		else if (!strcmp(w, "ids"))
			printf("%d %d %d %d, root: %s\n", getuid(), geteuid(), getgid(), getegid(),
			       setuid(0) ? strerror(errno) : "ok");
		else if (!strcmp(w, "fds"))
			list("/proc/self/fd");
		else if (!strncmp(w, "ls:", 3))
			list(w + 3);
		else if (!strncmp(w, "read:", 5))
			say(w, open(w + 5, O_RDONLY));
		else if (!strncmp(w, "write:", 6))
			say(w, open(w + 6, O_WRONLY | O_CREAT, 0644));
		else if (!strncmp(w, "disk:", 5))
			disk(w + 5);
	}
	return 0;
}
END
if ! "$O/bin/mvm-cc" -O2 -D_GNU_SOURCE -o probe.elf probe.c 2>err; then
	bad grants "mvm-cc does not compile the guest" err
	exit 0
fi

# sees NAME WANTED ARGUMENTS...: standard output is exactly this.
sees() {
	s_name=grants/$1
	printf "$2" >wanted
	shift 2
	check "$s_name" 0 "$mvm" run "$@" || return
	if cmp -s wanted out; then
		ok "$s_name"
	else
		bad "$s_name" "the guest does not see what it should" wanted out err
	fi
}

mkdir data other
echo 1 >data/one
mkdir data/sub
ln -s /etc/passwd data/absolute
ln -s ../other data/outside
ln -s one data/link
mkfifo data/fifo

sees nothing '' probe.elf env
sees no-files 'end\nread:/etc/shadow: No such file or directory\nread:data/one: No such file or directory\n' \
	probe.elf ls:/tmp read:/etc/shadow read:data/one
MVM_TEST=here sees env 'MVM_TEST=here\nA=1=2\nB=\n' --env MVM_TEST --env A=1=2 --env B= probe.elf env
sees names 'box /data/sub\n' --hostname box --dir data:/data --cwd /data/sub probe.elf names
sees user '12 12 34 34, root: Operation not permitted\n' --user 12:34 probe.elf ids
sees user-alone '12 12 12 12, root: Operation not permitted\n' --user=12 probe.elf ids
sees user-root '0 0 0 0, root: ok\n' --user 0 probe.elf ids
sees many-arguments 'mvm /\n' probe.elf names $(seq 20000)
check grants/too-many-arguments 126 "$mvm" run probe.elf names $(seq 40000) &&
	one_line grants/too-many-arguments 'its arguments and variables take [0-9]+ KiB, and 128 is the most' &&
	ok grants/too-many-arguments
sees made-cwd 'mvm /made/here\n' --cwd /made/here probe.elf names
for place in one nowhere; do
	check grants/no-cwd-$place 125 "$mvm" run --dir data:/data --cwd /data/$place probe.elf names &&
		one_line grants/no-cwd-$place "--cwd /data/$place: is no directory in the guest" &&
		ok grants/no-cwd-$place
done
sees descriptors '0 1 2 3 end\n' probe.elf fds 9<data/one

sees dir 'absolute fifo link one outside sub end\nread:/data/one: ok\nread:/data/link: ok\nwrite:/data/new: ok\n' \
	--dir data:/data probe.elf ls:/data read:/data/one read:/data/link write:/data/new
if [ -f data/new ]; then ok grants/dir-writes; else bad grants/dir-writes "no data/new"; fi
sees dir-ro 'read:/data/one: ok\nwrite:/data/one: Read-only file system\nwrite:/data/x: Read-only file system\n' \
	--dir data:/data:ro probe.elf read:/data/one write:/data/one write:/data/x
sees dir-deep '1 c end\nread:/a/b/c/one: ok\n' --dir data:/a/b/c --dir other:/a/b/1 probe.elf ls:/a/b/1/.. read:/a/b/c/one
sees dir-escape 'read:/data/../../etc/shadow: No such file or directory\nread:/data/outside/x: No such file or directory\n' \
	--dir data:/data probe.elf read:/data/../../etc/shadow read:/data/outside/x
mkdir 'a:b'
echo >'a:b/c'
sees dir-colon 'c end\n' --dir 'a\:b:/x' probe.elf ls:/x

truncate -s 1M disk.img
printf HELLO | dd of=disk.img conv=notrunc status=none
sees disk-ro 'open rw: Read-only file system\nopen: ok\nblock device: 1, size 1048576\npread: ok\nHELLO\npwrite: Bad file descriptor\nread at the end: 0\nwrite at the end: Bad file descriptor\nwrite over the end: -1\ntruncate: Invalid argument\nfsync: ok\n' \
	--disk disk.img:ro probe.elf disk:/dev/disk0
sees disk 'open rw: ok\nopen: ok\nblock device: 1, size 1048576\npread: ok\nHELLO\npwrite: ok\nread at the end: 0\nwrite at the end: No space left on device\nwrite over the end: 1\ntruncate: Invalid argument\nfsync: ok\n' \
	--disk disk.img:db probe.elf disk:/dev/db
if [ "$(tail -c +4097 disk.img | head -c 5)" = GUEST ] && [ "$(stat -c %s disk.img)" -eq 1048576 ]; then
	ok grants/disk-writes
else
	bad grants/disk-writes "the disk is not as it was written"
fi

# With another effective user than the real one, as a set-user-ID mvm would have it.
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	skip grants/set-user-id "only root can start it so, and with setpriv"
else
	for id in --ruid=65534 --rgid=65534; do
		check grants/set-user-id$id 125 setpriv $id --keep-groups "$mvm" run --dir data:/data \
			probe.elf ls:/data && one_line grants/set-user-id$id 'set-user-ID or set-group-ID' &&
			ok grants/set-user-id$id
	done
fi

# A capability by the file; who may not have it set, or runs where that is ignored, skips.
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null || ! command -v setcap >/dev/null; then
	skip grants/file-capabilities "only root can set them, with setcap, and setpriv to be another user"
else
	chmod 755 "$scratch" .
	cp "$mvm" mvm-caps
	cp "$(command -v cat)" cat-caps
	chmod 755 mvm-caps cat-caps probe.elf
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	if ! setcap cap_dac_read_search+ep mvm-caps || ! setcap cap_dac_read_search+ep cat-caps ||
		! $user ./cat-caps /proc/self/status | grep -q '^CapPrm:.*[1-9a-f]'; then
		skip grants/file-capabilities "files have no capabilities here"
	else
		check grants/file-capabilities 125 $user ./mvm-caps run probe.elf ls:/ &&
			one_line grants/file-capabilities 'with file capabilities.*setcap -r' &&
			ok grants/file-capabilities
	fi
fi
