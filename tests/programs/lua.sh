#!/bin/sh
# SPDX-License-Identifier: MIT
# Lua built by mvm-cc from Debian's source: a script on files, and the interpreter on a terminal.
. "$(dirname "$0")/common.sh"

pty=$O/tests/tools/pty
sample_files
program Lua "$(sed -n 's/^LUA_VERSION.*:= //p' "$top/apps/build.mk")" "mvm-cc from Debian's source" \
	"tables, closures, coroutines, files; the interpreter on a terminal"

for how in ${POLL:-auto}; do
	tag=
	[ "$how" = auto ] || tag="[$how]"

	cat >"$scratch/work.lua" <<'END'
local t = {}
for line in io.lines("table.csv") do
	local id, name, n = line:match("(%d+),([^,]+),(%d+)")
	t[name] = (t[name] or 0) + tonumber(n)
end
local names = {}
for name in pairs(t) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do print(name, t[name]) end
local f = assert(io.open("report", "w"))
f:write(string.format("%.10f %d %s\n", math.pi, #names, string.rep("x", 100)))
f:close()
print(pcall(error, { code = 2 }))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(co(), co(), co())
local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
print(fib(24))
local s = {}
for i = 1, 200000 do s[i] = ("%d"):format(i) end
print(#table.concat(s))
print(os.rename("report", "sub/report"), os.remove("numbers"), io.open("none"))
os.exit(7)
END
	sed -i 's/^print(pcall.*$/print((pcall(error, {})))/' "$scratch/work.lua"
	same "programs/lua$tag" "$scratch/work.lua" "$O/apps/lua.elf" -

	if check "programs/lua-repl$tag" 0 "$pty" "$mvm" run --poll="$how" "$O/apps/lua.elf" <<'END'; then
size 30 100
expect >\x20
send print(6*7)\n
expect 42
expect >\x20
send x = "abc" .. 1\n
send =x\n
expect abc1
send \x04
END
		ok "programs/lua-repl$tag"
	fi
done
