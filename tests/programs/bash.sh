#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's bash-static, as it is: scripts that need no second process.
. "$(dirname "$0")/common.sh"

debs bash --only bash-static
sample_files
program bash "$version" "Debian's static binary" \
	"scripts of built-ins: arrays, patterns, arithmetic, files, traps, printf, read; no fork"

for how in ${POLL:-auto}; do
	tag=
	[ "$how" = auto ] || tag="[$how]"

	cat >"$scratch/report" <<'END'
# Sums by name, sorted by a shell function, written to a file.
declare -A sum count
while IFS=, read -r id name n; do
	sum[$name]=$((${sum[$name]:-0} + n))
	count[$name]=$((${count[$name]:-0} + 1))
done <table.csv
names=("${!sum[@]}")
for ((i = 1; i < ${#names[@]}; i++)); do
	key=${names[i]}
	for ((j = i; j > 0; j--)); do
		[[ ${names[j - 1]} > $key ]] || break
		names[j]=${names[j - 1]}
	done
	names[j]=$key
done
for name in "${names[@]}"; do
	printf '%-10s %4d %3d\n' "$name" "${sum[$name]}" "${count[$name]}"
done >report
mapfile -t lines <report
echo "${#lines[@]} lines, the last: ${lines[-1]}"
END
	same "programs/bash-report$tag" "$scratch/report" "$dir/bin/bash-static"

	cat >"$scratch/language" <<'END'
shopt -s extglob nullglob globstar
echo ** sub/!(link) none*
s="The quick brown fox"
echo "${s^^} ${s//o/0} ${s:4:5} ${#s} ${s%% *} ${s@Q}"
[[ $s =~ ([a-z]+)\ (fox) ]] && echo "${BASH_REMATCH[@]}"
echo $((2 ** 40 % 1000003)) $((16#ff ^ 2#1010)) $((-7 / 2))
printf '%q %b %(%Y)T\n' 'a b' 'x\ty' 86400
case $s in +(T)he*) echo matches ;;& *fox) echo ends ;; esac
f() { local -n ref=$1; ref+=(new); return 3; }
list=(a b); f list; echo "$? ${list[*]} ${list[@]:1:2}"
trap 'echo trapped $?' EXIT
trap 'echo got USR1' USR1
kill -USR1 $$
exec 3<>made; echo "line one" >&3; echo "line two" >&3; exec 3>&-
while read -r -n 4 part; do echo "[$part]"; done <made
set -o noclobber; echo again >made; echo "noclobber: $?"
read -r -t 5 -d , first <table.csv; echo "$first"
cd sub && echo * && cd - >/dev/null && test -e table.csv && echo back
umask 077; >private; test -O private && echo mine
type -t printf; hash -r; let 'x = 5, y = x << 3'; echo $y
select() { :; }; set -- {a..e} {01..03}; echo "$#: $*"
exit 9
END
	same "programs/bash-language$tag" "$scratch/language" "$dir/bin/bash-static"

	cat >"$scratch/primes" <<'END'
n=20000
for ((i = 2; i <= n; i++)); do
	[[ -z ${composite[i]} ]] || continue
	((primes++)); last=$i
	for ((j = i * i; j <= n; j += i)); do composite[j]=1; done
done
echo "$primes primes, the last $last"
END
	same "programs/bash-primes$tag" "$scratch/primes" "$dir/bin/bash-static"
done
