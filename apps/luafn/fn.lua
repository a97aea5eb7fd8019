-- SPDX-License-Identifier: MIT
-- A function in Lua behind mvm serve: an order comes in, an article and a number a line; the bill goes out.
--
--	mvm serve --listen tcp:127.0.0.1:8080 --dir apps/luafn:/fn:ro build/apps/lua.elf /fn/fn.lua /fn
--
-- What comes before the first line is read is done once, for all clones: here, the price list.

local prices = {}
for line in io.lines(arg[1] .. "/prices.csv") do
	local article, price = line:match("^([^,#]+),([%d.]+)$")
	if article then
		prices[article] = tonumber(price)
	end
end

local total = 0
for line in io.lines() do
	local article, n = line:match("^%s*(%S+)%s+(%d+)%s*$")
	if not article or not prices[article] then
		print("error: not an article and a number: " .. line)
		os.exit(1)
	end
	local sum = prices[article] * n
	total = total + sum
	print(("%-12s %6d x %8.2f = %10.2f"):format(article, n, prices[article], sum))
end
print(("%-12s %30.2f"):format("total", total))

-- What was taken is not given back piece by piece before the end: the clone is made as new in any case.
os.exit(true)
