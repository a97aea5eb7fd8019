#!/bin/sh
# SPDX-License-Identifier: MIT
# --root DIR:overlay and --dir HOST:GUEST:overlay: what is done there has the effect that it has
# natively on a copy, and none on the host.
. "$(dirname "$0")/../lib.sh"

reason=$(no_vm)
if [ -n "$reason" ]; then
	skip overlay "$reason"
	exit 0
fi
cd "$scratch" || exit 1

# work DIR: all that changes a tree; what each step answers, as numbers; then what is there.
cat >work.c <<'END'
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int walk_main(int argc, char **argv);

#define DO(step) printf("%s: %d\n", #step, (errno = 0, (step) < 0) ? errno : 0)

static int put(const char *path, int flags, const char *text, long at)
{
	int fd = open(path, O_WRONLY | flags, 0640);
	int res = fd < 0 ? -1 : (int)pwrite(fd, text, strlen(text), at);

	close(fd);
	return res;
}

static int entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return d ? n : -1;
}

/* One reads what the host has while the other writes; a private mapping keeps what it has. */
static void two_views(void)
{
	int a = open("deep/er/est/text", O_RDONLY), b = open("deep/er/est/text", O_RDWR);
	char buf[8] = "";
	char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, a, 0);

	printf("%.4s", p);
	pread(a, buf, 4, 0);
	printf(" %s", buf);
	pwrite(b, "NEW!", 4, 0);
	pread(a, buf, 4, 0);
	printf(" %s %.4s\n", buf, p);
	close(a);
	close(b);
}

int main(int argc, char **argv)
{
	struct stat st;
	char *args[] = { argv[0], "-t", argv[1], NULL };
	char was[4096];
	int fd;

	if (argc != 2 || !getcwd(was, sizeof(was)) || chdir(argv[1]))
		return 2;
	umask(022);
	DO(stat("dirs", &st));
	printf("links %d\n", (int)st.st_nlink);
	DO(rename("dirs", "moved"));		/* nobody has looked into it */
	printf("entries %d %d\n", entries("moved"), entries("moved/two"));
	DO(unlink("gone"));
	DO(open("gone", O_RDONLY));
	DO(mkdir("gone", 0750));
	DO(put("gone/in", O_CREAT | O_EXCL, "inside", 0));
	DO(put("appended", O_APPEND, "more\n", 0));
	DO(put("big", 0, "middle", 150000));
	DO(truncate("short", 3));
	DO(truncate("short", 5000));
	DO(put("emptied", O_TRUNC, "", 0));
	DO(put("moved/one/file", O_CREAT | O_EXCL, "x", 0));
	DO(rename("appended", "moved/two/over"));
	DO(rmdir("moved"));
	DO(rmdir("bare"));
	DO(mkdir("bare", 0700));
	DO(rename("moved/one", "bare"));
	DO(unlink("link"));
	DO(symlink("big", "link"));
	DO(put("through", 0, "followed", 0));
	DO(link("big", "second"));
	DO(put("second", 0, "first", 0));
	DO(chmod("mode", 0604));
	DO(chmod("private", 0711));
	DO(rename("a", "b"));
	DO(rename("deep/er", "deep/here"));
	DO(rename("deep/here", "deep/er"));
	two_views();
	DO(unlinkat(AT_FDCWD, "private", AT_REMOVEDIR));
	fd = open("unlinked", O_RDWR);
	DO(unlink("unlinked"));
	DO(pwrite(fd, "still", 5, 100000));
	DO(fstat(fd, &st));
	printf("%ld, links %d\n", (long)st.st_size, (int)st.st_nlink);
	fflush(stdout);
	return chdir(was) ? 2 : walk_main(3, args);
}
END
if ! "$O/bin/mvm-cc" -O2 -D_GNU_SOURCE -o walk "$tests/tools/walk.c" 2>err ||
	! "$O/bin/mvm-cc" -O2 -D_GNU_SOURCE -Dmain=walk_main -c -o walk.o "$tests/tools/walk.c" 2>err ||
	! "$O/bin/mvm-cc" -O2 -D_GNU_SOURCE -o work work.c walk.o 2>err; then
	bad overlay "mvm-cc does not compile the guests" err
	exit 0
fi

mkdir -p r/bin r/etc r/var/log r/t/dirs/one r/t/dirs/two/three r/t/bare r/t/private r/t/deep/er/est
cp work walk r/bin
echo tree >r/etc/hosts
ln -s /run/nothing r/etc/resolv.conf
for file in gone appended short emptied mode a b unlinked dirs/one/kept dirs/two/over private/x \
	deep/er/est/text; do
	echo "the text of $file" >r/t/$file
done
seq 1 60000 >r/t/big
ln -s dirs/one/kept r/t/link
ln -s b r/t/through
mkfifo r/t/fifo
chmod 600 r/t/mode
chmod 750 r/t/private
touch -d '2011-02-03 04:05:06' r/t/dirs r/t/dirs/one
touch -d '1999-01-01' r/t/big
chmod -R go+rX r && chmod 755 "$scratch"
cp -a r copy

everything() {
	find r -printf '%p %y %m %s %T@ %C@ %n %l\n' | sort
	find r -type f -exec cksum {} +
}
everything >before

(cd r && ./bin/walk t) >native
check overlay/unchanged 0 "$mvm" run --root r:overlay walk t && {
	if cmp -s native out; then ok overlay/unchanged; else
		bad overlay/unchanged "the guest does not see what is there" native out
	fi
}

# seen NAME PLACE OPTIONS...: the same as natively in a copy, in a VM that has t at PLACE.
(cd copy && ./bin/work t) >wanted
seen() {
	name=$1
	at=$2
	shift 2
	case $* in *--root*) work=/bin/work ;; *) work=r/bin/work ;; esac
	if check "$name" 0 "$mvm" run "$@" "$work" "$at"; then
		sed "s,^$at,t," out >shown
		if cmp -s wanted shown; then
			ok "$name"
		else
			diff wanted shown >differ
			bad "$name" "not the same as natively (< native, > VM)" differ err
		fi
	fi
}
everything >before
seen overlay/root t --root r:overlay
seen overlay/dir /srv/t --dir r:/srv:overlay
seen overlay/dir-in-root /srv/t --root r:ro --dir r:/srv:overlay

# What a root has of what the runtime shows too, and what it has not; a name server that is granted.
cat >show.c <<'END'
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char line[100] = "nothing";
		FILE *f = fopen(argv[i], "r");

		if (f && fgets(line, sizeof(line), f))
			line[strcspn(line, "\n")] = 0;
		printf("%s: %s\n", argv[i], line);
		if (f)
			fclose(f);
	}
	return 0;
}
END
if "$O/bin/mvm-cc" -O2 -o show show.c 2>err; then
	cp show r/bin && everything >before
	check overlay/etc 0 "$mvm" run --root r:overlay show /etc/hosts /etc/hostname /etc/resolv.conf /proc/sys/kernel/ostype &&
		says overlay/etc '^/etc/hosts: tree' && says overlay/etc '^/etc/hostname: mvm' &&
		says overlay/etc '^/proc/sys/kernel/ostype: Linux' && ok overlay/etc
	echo nameserver 192.0.2.1 >r/etc/resolv.new && mv r/etc/resolv.new r/etc/resolv.conf && everything >before
	for root in r:overlay r.tar; do
		tar -C r -cf r.tar .
		check overlay/resolver-$root 0 "$mvm" run --root $root --resolver 192.0.2.53 show /etc/resolv.conf &&
			says overlay/resolver-$root 'nameserver 192.0.2.53' && ok overlay/resolver-$root
	done
else
	bad overlay/etc "mvm-cc does not compile the guest" err
fi

# More than there is memory for is a full file system.
cat >full.c <<'END'
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static char buf[1 << 20];
	int fd = open("/t/big", O_WRONLY | O_APPEND);

	while (write(fd, buf, sizeof(buf)) > 0)
		;
	printf("%s\n", errno == ENOSPC ? "full" : "another error");
	return 0;
}
END
if "$O/bin/mvm-cc" -O2 -o full full.c 2>err; then
	cp full r/bin && everything >before
	check overlay/full 0 "$mvm" run --mem 32M --root r:overlay full && says overlay/full '^full' && ok overlay/full
fi
refused overlay/archive 125 'an archive is not changed in any case' "$mvm" run --root r.tar:overlay show
if check overlay/confined 0 "$mvm" run --show-confinement --root r:overlay show; then
	if grep -Eq '^  (mkdirat|unlinkat|renameat2|ftruncate) .*--dir' out; then
		bad overlay/confined "mvm could change the directory" out
	else
		ok overlay/confined
	fi
fi

everything >after
if cmp -s before after; then ok overlay/host; else
	diff before after >differ
	bad overlay/host "the host's directory was changed" differ
fi
exit 0
