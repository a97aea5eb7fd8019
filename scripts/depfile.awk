# SPDX-License-Identifier: MIT
# Turns a compiler's depfile into prerequisites for make.  Every file is included after
# autoconf.h, which changes with any option; so instead of autoconf.h the target depends on the
# marks of those options that its source or its headers name.
# In: -v target=FILE -v config=DIR, the depfile as argument.
{
	sub(/\\$/, "")
	sub(/^[^ ]*:( |$)/, "")
	for (i = 1; i <= NF; i++)
		if ($i !~ /\/autoconf\.h$/ && !($i in seen)) {
			seen[$i] = 1
			files[++n] = $i
		}
}

function option(name)
{
	name = tolower(name)
	gsub(/_/, "/", name)
	options[name] = 1
}

# CONFIG_X; and X alone as the group of a system call (calls.h), which the compiler puts together.
function options_of(file,   line)
{
	while ((getline line < file) > 0) {
		if (match(line, /^(CALL|ALIAS)\(.*, [A-Z0-9_]+\)$/)) {
			sub(/^.*, /, "", line)
			sub(/\)$/, "", line)
			option(line)
			continue
		}
		while (match(line, /CONFIG_[A-Z0-9_]+/)) {
			option(substr(line, RSTART + 7, RLENGTH - 7))
			line = substr(line, RSTART + RLENGTH)
		}
	}
	close(file)
}

END {
	printf "deps-%s :=", target
	for (i = 1; i <= n; i++) {
		printf " \\\n\t%s", files[i]
		options_of(files[i])
	}
	for (o in options)
		printf " \\\n\t$(wildcard %s/%s.h)", config, o
	printf "\n%s: $(deps-%s)\n$(deps-%s):\n", target, target, target
}
