-- SPDX-License-Identifier: MIT
-- Makes shipments.csv, a year of a made-up company's deliveries: lua make.lua >shipments.csv
-- The numbers come from a small generator of its own, so every run gives the same file.

local state = 20250101

local function random(n)		-- 0 .. n-1 (the constants are the C standard's example)
	state = (state * 1103515245 + 12345) % 2147483648
	return (state >> 8) % n
end

local function pick(list)
	return list[random(#list) + 1]
end

local warehouses = { "Rotterdam", "Rotterdam", "Leipzig", "Lyon" }
local cities = {
	Rotterdam = { "Antwerp", "Hamburg", "London", "Oslo", "Rotterdam" },
	Leipzig = { "Berlin", "Prague", "Vienna", "Warsaw", "Munich" },
	Lyon = { "Marseille", "Turin", "Barcelona", "Paris", "Geneva" },
}
local goods = {			-- name, kg a pallet
	{ "coffee", 600 }, { "bicycle parts", 380 }, { "paper", 820 }, { "paint", 740 },
	{ "lamps", 210 }, { "olive oil", 900 },
}
local carriers = {		-- name, euro per 100 kg, share of late deliveries in %, worst delay
	{ "Nordfracht", 19, 6, 2 }, { "Trans-Alpin", 24, 9, 3 }, { "QuickVan", 41, 3, 1 },
	{ "Budget Cargo", 13, 27, 9 },
}
local month_days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
local busy = { 7, 6, 8, 8, 9, 8, 6, 5, 9, 11, 14, 13 }	-- tenths of a shipment a day

print("shipped,warehouse,destination,carrier,goods,pallets,weight_kg,cost_eur,days_promised,days_taken")
for month = 1, 12 do
	for day = 1, month_days[month] do
		local count = (busy[month] * 2 + random(10)) // 10
		for _ = 1, count do
			local from = pick(warehouses)
			local what, carrier = pick(goods), pick(carriers)
			local pallets = 1 + random(12)
			local weight = pallets * what[2] + random(60) - 30
			local cost = weight * carrier[2] * (90 + random(21)) / 10000
			local promised = 1 + random(4)
			local taken = promised
			local late = carrier[3] + (month >= 11 and 8 or 0)
			if random(100) < late then
				taken = taken + 1 + random(carrier[4])
			end
			print(string.format("2025-%02d-%02d,%s,%s,%s,%s,%d,%d,%.2f,%d,%d", month, day,
				from, pick(cities[from]), carrier[1], what[1], pallets, weight,
				cost, promised, taken))
		end
	end
end
