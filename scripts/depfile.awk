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

function options_of(file,   line, name)
{
	while ((getline line < file) > 0)
		while (match(line, /CONFIG_[A-Z0-9_]+/)) {
			name = tolower(substr(line, RSTART + 7, RLENGTH - 7))
			gsub(/_/, "/", name)
			options[name] = 1
			line = substr(line, RSTART + RLENGTH)
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
